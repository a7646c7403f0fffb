defmodule Specter.DataChannel do
  @moduledoc """
  A data channel: messages to a peer and from it.

  Either side makes one with `Specter.PeerConnection.create_data_channel/4`. Both sides learn its id
  by `{:data_channel, pc, dc, info}`, and may send on it once `{:data_channel_open, pc, dc}` has come.
  All messages go to the owner of the connection:

  | message | when |
  | --- | --- |
  | `{:data_channel, pc, dc, info}` | there is a channel, whose `t:info/0` tells what it is |
  | `{:data_channel_open, pc, dc}` | messages may be sent |
  | `{:data_channel_message, pc, dc, kind, data}` | the peer sent one: `kind` is `:text` or `:binary` |
  | `{:buffered_amount_low, pc, dc}` | what waits to be sent fell to the threshold; after `:would_block`: go on |
  | `{:data_channel_error, pc, dc, text}` | it failed; that it is closed follows |
  | `{:data_channel_closed, pc, dc}` | it is closed, by whomever; no message of it comes after this one |
  | `{:data_channel_refused, pc, stream, text}` | the peer began to open one that can't be taken, on this stream |
  | `{:data_channel_passive, pc}` | the last of `active: n` messages has come: `Specter.PeerConnection.set_active/3` |

  A message arrives as it was sent: a text is a text, whole, and with reliable channels all come, in
  order.
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

  @typedoc "A data channel, by its id."
  @opaque t :: String.t()

  @typedoc """
  What a channel is. `origin`: `:local` for one that was made here, `:remote` for the peer's. `id`:
  the number of its stream, `nil` before it is known. The others are what it was made with, at either
  side, as in `t:Specter.PeerConnection.data_channel_option/0`; of a negotiated channel, at this one.
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

  @typedoc "What a message is to the peer: in a browser a string, or an ArrayBuffer."
  @type kind :: :text | :binary

  @typedoc """
  Why a message was not sent:

    * `:would_block`: the send buffer is full. `{:buffered_amount_low, pc, dc}` tells when to go on.
    * `:not_open`: the channel is not open yet. `{:data_channel_open, pc, dc}` tells when it is.
    * `:closed`: the channel is closing.
    * `:too_large`: the peer takes no message of that size, or the send buffer never will.
    * `:not_found`: there is no such channel, or not any more.
  """
  @type send_error :: :would_block | :not_open | :closed | :too_large | :not_found

  @doc """
  Sends a message, a text if nothing else is said. Text should be UTF-8, which nobody looks at here.

  It takes what there is room for, and never waits: `{:error, :would_block}` says that the send buffer
  is full, and nothing was taken.

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
  Closes a channel: what was sent goes out, then the peer's side closes, too.
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
  How many bytes of messages wait to be sent for the first time.

  ## Examples

      #{@channel}
      iex> Specter.DataChannel.buffered_amount(specter, dc)
      {:ok, 0}
  """
  @spec buffered_amount(Specter.t(), t) :: {:ok, non_neg_integer} | {:error, :not_found}
  def buffered_amount(specter, dc), do: Native.buffered_amount(Specter.native(specter), dc)

  @doc """
  Sets what `{:buffered_amount_low, pc, dc}` waits for: that the buffered amount falls to so many bytes,
  from above. It is 0 at first.

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
