defmodule Specter.DataChannel do
  @moduledoc """
  A data channel: messages to and from a peer.

  Either side creates one with `Specter.PeerConnection.create_data_channel/4`. Both sides receive its id
  in `{:data_channel, pc, dc, info}`, and can send after `{:data_channel_open, pc, dc}`.

  Messages to the owner of the connection:

  | message | when |
  | --- | --- |
  | `{:data_channel, pc, dc, info}` | a channel was created, by either side; `t:info/0` describes it |
  | `{:data_channel_open, pc, dc}` | messages can be sent |
  | `{:data_channel_message, pc, dc, kind, data}` | a message arrived: `kind` is `:text` or `:binary` |
  | `{:buffered_amount_low, pc, dc}` | the buffered amount fell to the threshold, or there is room again after `:would_block`: retry |
  | `{:data_channel_error, pc, dc, text}` | the channel failed; `:data_channel_closed` follows, or, for a negotiated one that another peer takes over, `:data_channel_open` |
  | `{:data_channel_closed, pc, dc}` | the channel is closed, by either side; it is its last message |
  | `{:data_channel_refused, pc, stream, text}` | the peer tried to open a channel on this SCTP stream and was refused |
  | `{:data_channel_passive, pc}` | the last of `active: n` messages was delivered: call `Specter.PeerConnection.set_active/3` |

  Messages are delivered whole and with their kind. Reliable channels deliver all of them; ordered ones
  in order.
  """

  alias Specter.{Native, Options, PeerConnection, Telemetry}

  # What the examples begin with.
  @channel """
  iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> {:ok, registry} = Specter.new_registry(specter, media_engine)
      iex> {:ok, api} = Specter.new_api(specter, media_engine, registry)
      iex> {:ok, pc} = Specter.PeerConnection.new(specter, api)
      iex> receive do: ({:peer_connection_ready, ^pc} -> :ready)
      :ready
      iex> :ok = Specter.PeerConnection.create_data_channel(specter, pc, "data")
      iex> {:ok, dc} = receive do: ({:data_channel, ^pc, dc, %{label: "data"}} -> {:ok, dc})\
  """

  @typedoc "The id of a data channel."
  @opaque t :: String.t()

  @typedoc """
  Describes a channel. `origin`: `:local` if this side created it, `:remote` if the peer did. `id`: the
  SCTP stream, `nil` before it is known. The others are the options of its creation, as in
  `t:Specter.PeerConnection.data_channel_option/0`; for a negotiated channel, those of this side.
  """
  @type info :: %{
          required(:label) => String.t(),
          required(:protocol) => String.t(),
          required(:ordered) => boolean,
          required(:id) => 0..65_534 | nil,
          required(:origin) => :local | :remote,
          required(:priority) => :very_low | :low | :medium | :high,
          required(:negotiated) => boolean,
          required(:max_retransmits) => 0..65_535 | nil,
          required(:max_packet_life_time) => 0..65_535 | nil
        }

  @typedoc "The kind of a message. In a browser: a string or an ArrayBuffer."
  @type kind :: :text | :binary

  @typedoc """
  Why a message was not sent:

    * `:would_block`: the send buffer is full. Retry after `{:buffered_amount_low, pc, dc}`.
    * `:not_open`: the channel is not open yet. Wait for `{:data_channel_open, pc, dc}`.
    * `:closed`: the channel is closing.
    * `:too_large`: the message is larger than the peer's maximum, or than the send buffer.
    * `:not_found`: the channel is unknown or closed.
  """
  @type send_error :: :would_block | :not_open | :closed | :too_large | :not_found

  @doc """
  Sends a message; a text by default. Text should be UTF-8; it is not checked.

  Non-blocking: `{:error, :would_block}` means that the send buffer is full and nothing was queued.

  ## Examples

      #{@channel}
      iex> Specter.DataChannel.send(specter, dc, "before anybody answered")
      {:error, :not_open}
      iex> Specter.DataChannel.send(specter, dc, :binary, [<<1, 2>>, 3])
      {:error, :not_open}
      iex> Specter.DataChannel.send(specter, "unknown", "text")
      {:error, :not_found}
  """
  @spec send(Specter.t(), t, kind, iodata) :: :ok | {:error, send_error}
  def send(specter, dc, kind \\ :text, data)

  def send(%Specter{native: native}, dc, kind, data) when is_binary(data) do
    native |> Native.send(dc, kind, data) |> Telemetry.sent(dc, kind, data)
  end

  def send(specter, dc, kind, data) do
    native = Specter.native(specter)
    data = IO.iodata_to_binary(data)
    native |> Native.send(dc, kind, data) |> Telemetry.sent(dc, kind, data)
  end

  @doc """
  Closes a channel on both sides. Messages sent before are delivered first.
  `{:data_channel_closed, pc, dc}` follows.

  ## Examples

      #{@channel}
      iex> Specter.DataChannel.close(specter, dc)
      :ok
      iex> receive do: ({:data_channel_closed, ^pc, ^dc} -> :closed)
      :closed
      iex> Specter.DataChannel.close(specter, dc)
      {:error, :not_found}
  """
  @spec close(Specter.t(), t) :: :ok | {:error, :not_found}
  def close(specter, dc) do
    specter
    |> Specter.native()
    |> Native.close_data_channel(dc)
    |> Telemetry.channel_call(:close, dc)
  end

  @doc """
  The bytes of messages that are queued and not in a packet yet.

  ## Examples

      #{@channel}
      iex> Specter.DataChannel.buffered_amount(specter, dc)
      {:ok, 0}
  """
  @spec buffered_amount(Specter.t(), t) :: {:ok, non_neg_integer} | {:error, :not_found}
  def buffered_amount(specter, dc), do: Native.buffered_amount(Specter.native(specter), dc)

  @doc """
  Sets the threshold, in bytes, for `{:buffered_amount_low, pc, dc}`. It is sent when the buffered amount
  falls to the threshold from above. Default: 0.

  ## Examples

      #{@channel}
      iex> Specter.DataChannel.set_buffered_amount_low_threshold(specter, dc, 65_536)
      :ok
  """
  @spec set_buffered_amount_low_threshold(Specter.t(), t, non_neg_integer) ::
          :ok | {:error, :not_found}
  def set_buffered_amount_low_threshold(specter, dc, bytes) do
    Native.set_buffered_amount_low_threshold(Specter.native(specter), dc, bytes)
  end

  @options [
    ordered: {true, :boolean},
    max_retransmits: {nil, {:optional, 0..65_535}},
    max_packet_life_time: {nil, {:optional, 0..65_535}},
    protocol: {"", :string},
    negotiated: {false, :boolean},
    id: {nil, {:optional, 0..65_535}},
    priority: {:low, {:one_of, [:very_low, :low, :medium, :high]}}
  ]

  # All options of a channel, as the native side takes them.
  @doc false
  @spec options!([PeerConnection.data_channel_option()]) :: map
  def options!(options) do
    known = for {key, {default, _kind}} <- @options, do: {key, default}
    options = Options.take!(options, known)

    for {key, value} <- options do
      {_default, kind} = @options[key]
      Options.check!(key, value, kind)
    end

    Map.new(options)
  end
end
