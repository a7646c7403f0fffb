defmodule Specter.PeerConnection.Statistics do
  @moduledoc false
  # What a connection counts, and how connecting went.

  alias Specter.Options
  alias Specter.PeerConnection.Call

  defmacro __using__(examples: examples) do
    quote do
      @doc """
      Requests statistics. `{:stats, pc, json}` follows: an object that maps ids to reports, each with `id`,
      `type` and `timestamp`, which is in seconds. The names are those of the W3C: `inbound-rtp`, `outbound-rtp`,
      `remote-inbound-rtp` and `remote-outbound-rtp` are the reports of tracks.

      With `:map` the message has the same as a map, whose keys are strings, instead of JSON.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.get_stats(specter, pc)
          :ok
          iex> {:ok, stats} = receive do: ({:stats, ^pc, stats} -> {:ok, stats})
          iex> stats =~ ~s("type":"peer-connection")
          true
          iex> Specter.PeerConnection.get_stats(specter, pc, :map)
          :ok
          iex> {:ok, stats} = receive do: ({:stats, ^pc, stats} -> {:ok, stats})
          iex> stats["ice_transport"]["bytesSent"]
          0
      """
      @spec get_stats(Specter.t(), t, :json | :map) :: result
      def get_stats(specter, pc, form \\ :json) do
        :ok = Options.check!(:form, form, {:one_of, [:json, :map]})
        Call.post(specter, pc, :get_stats, [form == :map])
      end

      @doc """
      Asks how connecting went, or goes. `{:connection_report, pc, json}` follows: an object with each phase
      (gathering with its servers, checks, nomination, DTLS, SCTP), the pairs that were tried, and the reason if
      the connection failed. Times are in milliseconds since it began.

      With the option `connection_reports: true` the message also comes when connecting has ended.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.get_report(specter, pc)
          :ok
          iex> {:ok, report} = receive do: ({:connection_report, ^pc, report} -> {:ok, report})
          iex> report =~ ~s("gathering":)
          true
      """
      @spec get_report(Specter.t(), t) :: result
      def get_report(specter, pc) do
        Call.post(specter, pc, :get_report)
      end
    end
  end
end
