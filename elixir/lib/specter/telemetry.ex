defmodule Specter.Telemetry do
  @moduledoc """
  Events for `:telemetry`. Specter does not depend on that library: if it is not loaded, no event is
  executed, and the check costs a tenth of a microsecond per call.

      :telemetry.attach_many("specter", Specter.Telemetry.events(), &MyApp.Metrics.handle/4, nil)

  ## Events of calls

  Executed in the process that makes the call.

  | event | measurements | metadata |
  | --- | --- | --- |
  | `[:specter, :peer_connection, :new]` | `count` | `pc` |
  | `[:specter, :peer_connection, :call]` | `count` | `pc`, `function`, `result` |
  | `[:specter, :data_channel, :send]` | `count`, `bytes` | `dc`, `kind`, `result` |
  | `[:specter, :data_channel, :call]` | `count` | `dc`, `function`, `result` |

  `count` is 1. `function` is an atom, such as `:create_offer`. `result` is the return value: `:ok` or
  `{:error, reason}`. Each call of `Specter.PeerConnection` executes `:call`; one that creates a
  connection executes `:new` as well. The `pc` of a failed creation is `nil`. `exists?/2` and
  `buffered_amount/2` have no event.

  ## Events of connections and channels

  Executed in the process that receives the message. A `Specter.Handler` executes them for all messages
  it receives, with and without callbacks. Other processes pass their messages to `observe/1`. A message
  that is not observed has no event.

  | event | measurements | metadata |
  | --- | --- | --- |
  | `[:specter, :peer_connection, :ready]` | `count` | `pc` |
  | `[:specter, :peer_connection, :state_change]` | `count` | `pc`, `of`, `state` |
  | `[:specter, :peer_connection, :failed]` | `count` | `pc`, `code`, `text` |
  | `[:specter, :peer_connection, :error]` | `count` | `pc`, `message`, `text` |
  | `[:specter, :peer_connection, :closed]` | `count` | `pc` |
  | `[:specter, :peer_connection, :stats]` | those of `t:stats/0` | `pc` |
  | `[:specter, :data_channel, :open]` | `count` | `pc`, `dc` |
  | `[:specter, :data_channel, :message]` | `count`, `bytes` | `pc`, `dc`, `kind` |
  | `[:specter, :data_channel, :error]` | `count` | `pc`, `dc`, `text` |
  | `[:specter, :data_channel, :refused]` | `count` | `pc`, `stream`, `text` |
  | `[:specter, :data_channel, :closed]` | `count` | `pc`, `dc` |

  `of` is `:connection`, `:ice_connection`, `:ice_gathering` or `:signaling`, and `state` the new one.
  `message` is the tag of the error message, such as `:offer_error`.

  ## Events of pollers

  | event | measurements | metadata |
  | --- | --- | --- |
  | `[:specter, :vm]` | `specters`, `peer_connections`, `event_loops` | |

  `measure/0` executes it. `measure/2` requests statistics, which execute
  `[:specter, :peer_connection, :stats]`. For `:telemetry_poller`:

      measurements: [
        {Specter.Telemetry, :measure, []},
        {Specter.Telemetry, :measure, [specter, pc]}
      ]
  """

  alias Specter.{DataChannel, Native, PeerConnection}

  @events [
    [:specter, :peer_connection, :new],
    [:specter, :peer_connection, :call],
    [:specter, :peer_connection, :ready],
    [:specter, :peer_connection, :state_change],
    [:specter, :peer_connection, :failed],
    [:specter, :peer_connection, :error],
    [:specter, :peer_connection, :closed],
    [:specter, :peer_connection, :stats],
    [:specter, :data_channel, :send],
    [:specter, :data_channel, :call],
    [:specter, :data_channel, :open],
    [:specter, :data_channel, :message],
    [:specter, :data_channel, :error],
    [:specter, :data_channel, :refused],
    [:specter, :data_channel, :closed],
    [:specter, :vm]
  ]

  @typedoc """
  The measurements of `[:specter, :peer_connection, :stats]`, since the connection was created.

  `bytes_` and `packets_` count UDP payload, with the overhead of all protocols. `retransmissions` are
  SCTP's. `messages_` and `message_bytes_` are sums over the existing channels, and `channels` is their
  number. `round_trip_time` is in seconds; `nil` before it was measured.
  """
  @type stats :: %{
          bytes_sent: non_neg_integer,
          bytes_received: non_neg_integer,
          packets_sent: non_neg_integer,
          packets_received: non_neg_integer,
          retransmissions: non_neg_integer,
          messages_sent: non_neg_integer,
          messages_received: non_neg_integer,
          message_bytes_sent: non_neg_integer,
          message_bytes_received: non_neg_integer,
          channels: non_neg_integer,
          round_trip_time: number | nil
        }

  @doc """
  The names of all events, for `:telemetry.attach_many/4`.

  ## Examples

      iex> [:specter, :data_channel, :message] in Specter.Telemetry.events()
      true
  """
  @spec events() :: [[atom, ...], ...]
  def events, do: @events

  @doc """
  Executes the event of a message, if it is one of Specter's and has an event. For owners of connections
  that do not use `Specter.Handler`.

  ## Examples

      iex> Specter.Telemetry.observe({:not, "Specter's"})
      :ok
  """
  @spec observe(message :: term) :: :ok
  def observe(message)
      when is_tuple(message) and tuple_size(message) > 1 and is_binary(elem(message, 1)) and
             byte_size(elem(message, 1)) == 36 do
    if on?(), do: tell(message), else: :ok
  end

  def observe(_message), do: :ok

  @doc """
  Executes `[:specter, :vm]`: how many Specters are open in this VM, how many connections there are, and
  how many sets of event loops they share.

  ## Examples

      iex> Specter.Telemetry.measure()
      :ok
  """
  @spec measure() :: :ok
  def measure do
    if on?() do
      {specters, peer_connections, event_loops} = Native.counters()

      execute(
        [:specter, :vm],
        %{specters: specters, peer_connections: peer_connections, event_loops: event_loops},
        %{}
      )
    else
      :ok
    end
  end

  @doc """
  Requests the statistics of a connection. The result goes to its owner, as with
  `Specter.PeerConnection.get_stats/3`. If the owner is a `Specter.Handler`, or passes the message to
  `observe/1`, `[:specter, :peer_connection, :stats]` is executed. Nothing is requested without
  `:telemetry`.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> Specter.Telemetry.measure(specter, "unknown")
      :ok
  """
  @spec measure(Specter.t(), PeerConnection.t()) :: :ok
  def measure(specter, pc) do
    if on?(), do: _ = Native.get_stats(Specter.native(specter), pc, false)
    :ok
  end

  # What a call on a connection returned, which this returns, too.
  @doc false
  @spec call(result, atom, PeerConnection.t()) :: result when result: term
  def call(result, function, pc) do
    if on?(), do: count(:peer_connection, :call, %{pc: pc, function: function, result: result})
    result
  end

  @doc false
  @spec new(result) :: result when result: {:ok, PeerConnection.t()} | {:error, atom}
  def new(result) do
    if on?() do
      case result do
        {:ok, pc} ->
          count(:peer_connection, :new, %{pc: pc})
          call(:ok, :new, pc)

        error ->
          count(:peer_connection, :call, %{pc: nil, function: :new, result: error})
      end
    end

    result
  end

  @doc false
  @spec channel_call(result, atom, DataChannel.t()) :: result when result: term
  def channel_call(result, function, dc) do
    if on?(), do: count(:data_channel, :call, %{dc: dc, function: function, result: result})
    result
  end

  @doc false
  @spec sent(result, DataChannel.t(), DataChannel.kind(), binary) :: result when result: term
  def sent(result, dc, kind, data) do
    if on?() do
      execute(
        [:specter, :data_channel, :send],
        %{count: 1, bytes: byte_size(data)},
        %{dc: dc, kind: kind, result: result}
      )
    end

    result
  end

  # A look into the table of exported functions: nothing is loaded by it.
  defp on?, do: :erlang.function_exported(:telemetry, :execute, 3)

  defp tell({:data_channel_message, pc, dc, kind, data}) when is_binary(data) do
    execute(
      [:specter, :data_channel, :message],
      %{count: 1, bytes: byte_size(data)},
      %{pc: pc, dc: dc, kind: kind}
    )
  end

  defp tell({:data_channel_open, pc, dc}), do: count(:data_channel, :open, %{pc: pc, dc: dc})
  defp tell({:data_channel_closed, pc, dc}), do: count(:data_channel, :closed, %{pc: pc, dc: dc})

  defp tell({:data_channel_error, pc, dc, text}) do
    count(:data_channel, :error, %{pc: pc, dc: dc, text: text})
  end

  defp tell({:data_channel_refused, pc, stream, text}) do
    count(:data_channel, :refused, %{pc: pc, stream: stream, text: text})
  end

  defp tell({:connection_failed, pc, code, text}) do
    count(:peer_connection, :failed, %{pc: pc, code: code, text: text})
  end

  defp tell({:peer_connection_ready, pc}), do: count(:peer_connection, :ready, %{pc: pc})
  defp tell({:peer_connection_closed, pc}), do: count(:peer_connection, :closed, %{pc: pc})

  for of <- [:connection, :ice_connection, :ice_gathering, :signaling] do
    defp tell({unquote(:"#{of}_state_change"), pc, state}) do
      count(:peer_connection, :state_change, %{pc: pc, of: unquote(of), state: state})
    end
  end

  defp tell({:peer_connection_error, pc}) do
    count(:peer_connection, :error, %{pc: pc, message: :peer_connection_error, text: ""})
  end

  defp tell({message, pc, text})
       when message in [
              :offer_error,
              :answer_error,
              :invalid_local_description,
              :invalid_remote_description,
              :candidate_error,
              :track_error
            ] do
    count(:peer_connection, :error, %{pc: pc, message: message, text: text})
  end

  defp tell({:stats, pc, %{} = reports}) do
    execute([:specter, :peer_connection, :stats], numbers(reports), %{pc: pc})
  end

  defp tell({:stats, pc, json}) when is_binary(json) do
    with {:ok, reports} <- Native.decode_json(json), do: tell({:stats, pc, reports})
  end

  defp tell(_message), do: :ok

  defp numbers(reports) do
    # Reports of those that are closed stay a while.
    channels =
      for {_id, %{"type" => "data-channel", "state" => state} = report} <- reports,
          state != "closed",
          do: report

    sum = fn key -> channels |> Enum.map(& &1[key]) |> Enum.sum() end
    transport = reports["ice_transport"]

    %{
      bytes_sent: transport["bytesSent"],
      bytes_received: transport["bytesReceived"],
      packets_sent: transport["packetsSent"],
      packets_received: transport["packetsReceived"],
      retransmissions: reports["sctp_transport"]["retransmissions"],
      messages_sent: sum.("messagesSent"),
      messages_received: sum.("messagesReceived"),
      message_bytes_sent: sum.("bytesSent"),
      message_bytes_received: sum.("bytesReceived"),
      channels: length(channels),
      round_trip_time: round_trip_time(reports)
    }
  end

  # Of the pair that data take.
  defp round_trip_time(reports) do
    Enum.find_value(reports, fn
      {_id, %{"type" => "candidate-pair", "nominated" => true} = pair} ->
        pair["currentRoundTripTime"]

      _other ->
        nil
    end)
  end

  defp count(of, what, metadata), do: execute([:specter, of, what], %{count: 1}, metadata)

  defp execute(event, measurements, metadata) do
    # By its name: it is there or not at run time, and neither the compiler nor Dialyzer need know it.
    apply(:telemetry, :execute, [event, measurements, metadata])
    :ok
  end
end
