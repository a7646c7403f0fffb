defmodule Specter.FirstNames do
  @moduledoc false
  # The functions on peer connections that the first versions had on `Specter`.

  alias Specter.PeerConnection

  defmacro __using__([]) do
    quote unquote: false do
      # What the examples begin with.
      @api """
      iex> {:ok, specter} = Specter.init(ice_servers: [])
          iex> {:ok, media_engine} = Specter.new_media_engine(specter)
          iex> {:ok, registry} = Specter.new_registry(specter, media_engine)
          iex> {:ok, api} = Specter.new_api(specter, media_engine, registry)\
      """
      @ready @api <>
               """

                   iex> {:ok, pc} = Specter.new_peer_connection(specter, api)
                   iex> receive do: ({:peer_connection_ready, ^pc} -> :ready)
                   :ready\
               """

      @doc """
      Makes a peer connection. See `Specter.PeerConnection.new/3`.

      ## Examples

          #{@api}
          iex> {:ok, pc} = Specter.new_peer_connection(specter, api)
          iex> receive do: ({:peer_connection_ready, ^pc} -> :ready)
          :ready
      """
      @spec new_peer_connection(t, api_t, [PeerConnection.option()]) ::
              {:ok, PeerConnection.t()} | {:error, :not_found}
      defdelegate new_peer_connection(specter, api, options \\ []), to: PeerConnection, as: :new

      @doc """
      Whether a connection is ready and not closed. See `Specter.PeerConnection.exists?/2`.

      ## Examples

          #{@ready}
          iex> Specter.peer_connection_exists?(specter, pc)
          true
          iex> Specter.peer_connection_exists?(specter, "unknown")
          false
      """
      @spec peer_connection_exists?(t, PeerConnection.t()) :: boolean
      defdelegate peer_connection_exists?(specter, pc), to: PeerConnection, as: :exists?

      @doc """
      Closes a connection. See `Specter.PeerConnection.close/2`.

      ## Examples

          #{@ready}
          iex> Specter.close_peer_connection(specter, pc)
          :ok
          iex> receive do: ({:peer_connection_closed, ^pc} -> :closed)
          :closed
      """
      @spec close_peer_connection(t, PeerConnection.t()) :: :ok | {:error, :not_found}
      defdelegate close_peer_connection(specter, pc), to: PeerConnection, as: :close

      @doc """
      Adds a data channel. See `Specter.PeerConnection.create_data_channel/4`.

      ## Examples

          #{@ready}
          iex> Specter.create_data_channel(specter, pc, "data")
          :ok
          iex> receive do: ({:data_channel_created, ^pc} -> :created)
          :created
      """
      @spec create_data_channel(t, PeerConnection.t(), String.t(), [
              PeerConnection.data_channel_option()
            ]) :: PeerConnection.result()
      defdelegate create_data_channel(specter, pc, label, options \\ []), to: PeerConnection

      @doc """
      Makes an offer. See `Specter.PeerConnection.create_offer/3`.

      ## Examples

          #{@ready}
          iex> Specter.create_offer(specter, pc)
          :ok
          iex> receive do: ({:offer, ^pc, ~s({"type":"offer",) <> _} -> :an_offer)
          :an_offer
      """
      @spec create_offer(t, PeerConnection.t(), [PeerConnection.offer_option()]) ::
              PeerConnection.result()
      defdelegate create_offer(specter, pc, options \\ []), to: PeerConnection

      @doc """
      Makes an answer. See `Specter.PeerConnection.create_answer/3`.

      ## Examples

          #{@ready}
          iex> Specter.create_answer(specter, pc)
          :ok
          iex> receive do: ({:answer_error, ^pc, text} -> text)
          "remote description is not set"
      """
      @spec create_answer(t, PeerConnection.t(), [PeerConnection.answer_option()]) ::
              PeerConnection.result()
      defdelegate create_answer(specter, pc, options \\ []), to: PeerConnection

      @doc """
      Applies a local description. See `Specter.PeerConnection.set_local_description/3`.

      ## Examples

          #{@ready}
          iex> :ok = Specter.create_offer(specter, pc)
          iex> {:ok, offer} = receive do: ({:offer, ^pc, offer} -> {:ok, offer})
          iex> Specter.set_local_description(specter, pc, offer)
          :ok
          iex> receive do: ({:ok, ^pc, :set_local_description} -> :set)
          :set
      """
      @spec set_local_description(t, PeerConnection.t(), PeerConnection.session_description_t()) ::
              PeerConnection.json_result()
      defdelegate set_local_description(specter, pc, description), to: PeerConnection

      @doc """
      Applies the peer's description. See `Specter.PeerConnection.set_remote_description/3`.

      ## Examples

          #{@ready}
          iex> Specter.set_remote_description(specter, pc, ~s({"type":"offer","sdp":"derp"}))
          :ok
          iex> receive do: ({:invalid_remote_description, ^pc, text} -> text)
          "SdpInvalidSyntax: derp"
      """
      @spec set_remote_description(t, PeerConnection.t(), PeerConnection.session_description_t()) ::
              PeerConnection.json_result()
      defdelegate set_remote_description(specter, pc, description), to: PeerConnection

      @doc """
      Adds a candidate of the peer. See `Specter.PeerConnection.add_ice_candidate/3`.

      ## Examples

          #{@ready}
          iex> candidate = ~s({"candidate":"candidate:1 1 udp 2130706431 192.0.2.1 4096 typ host"})
          iex> Specter.add_ice_candidate(specter, pc, candidate)
          :ok
          iex> receive do: ({:candidate_error, ^pc, text} -> text)
          "remote description is not set"
      """
      @spec add_ice_candidate(t, PeerConnection.t(), PeerConnection.ice_candidate_t()) ::
              PeerConnection.json_result()
      defdelegate add_ice_candidate(specter, pc, candidate), to: PeerConnection

      for {name, {what, at_first}} <- [
            local_description: {"Requests the local description.", nil},
            current_local_description: {"Requests the negotiated local description.", nil},
            pending_local_description: {"Requests the local description under negotiation.", nil},
            remote_description: {"Requests the peer's description.", nil},
            current_remote_description: {"Requests the negotiated remote description.", nil},
            pending_remote_description:
              {"Requests the remote description under negotiation.", nil},
            connection_state: {"Requests the connection state.", :new},
            ice_connection_state: {"Requests the ICE connection state.", :new},
            ice_gathering_state: {"Requests the ICE gathering state.", :new},
            signaling_state: {"Requests the signaling state.", :stable}
          ] do
        @doc """
        #{what} See `Specter.PeerConnection.#{name}/2`.

        ## Examples

            #{@ready}
            iex> Specter.#{name}(specter, pc)
            :ok
            iex> receive do: ({:#{name}, ^pc, answer} -> answer)
            #{inspect(at_first)}
        """
        @spec unquote(name)(t, PeerConnection.t()) :: PeerConnection.result()
        defdelegate unquote(name)(specter, pc), to: PeerConnection
      end

      @doc """
      Restarts ICE. See `Specter.PeerConnection.restart_ice/2`.

      ## Examples

          #{@ready}
          iex> Specter.restart_ice(specter, pc)
          :ok
      """
      @spec restart_ice(t, PeerConnection.t()) :: PeerConnection.result()
      defdelegate restart_ice(specter, pc), to: PeerConnection

      @doc """
      Replaces the ICE servers. See `Specter.PeerConnection.set_ice_servers/3`.

      ## Examples

          #{@ready}
          iex> Specter.set_ice_servers(specter, pc, ["stun:stun.example.org"])
          :ok
      """
      @spec set_ice_servers(t, PeerConnection.t(), [ice_server]) ::
              PeerConnection.result() | {:error, String.t()}
      defdelegate set_ice_servers(specter, pc, servers), to: PeerConnection

      @doc """
      Requests statistics. See `Specter.PeerConnection.get_stats/3`.

      ## Examples

          #{@ready}
          iex> Specter.get_stats(specter, pc)
          :ok
          iex> {:ok, stats} = receive do: ({:stats, ^pc, stats} -> {:ok, stats})
          iex> stats =~ ~s("type":"peer-connection")
          true
      """
      @spec get_stats(t, PeerConnection.t()) :: PeerConnection.result()
      defdelegate get_stats(specter, pc), to: PeerConnection
    end
  end
end
