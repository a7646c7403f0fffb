defmodule Specter.PeerConnection.Negotiation do
  @moduledoc false
  # Offers and answers, descriptions and candidates.

  alias Specter.Options
  alias Specter.PeerConnection.Call

  defmacro __using__(examples: examples) do
    quote do
      @doc """
      Makes an offer. `{:offer, pc, json}` follows, or `{:offer_error, pc, text}`.

      Returns `{:error, :not_found}` if the connection is not ready yet: wait for
      `{:peer_connection_ready, pc}`.

      Options:

        * `:ice_restart`: restarts ICE: both sides search for a path again, and the current one stays in use
          meanwhile. `{:offer_error, pc, text}` follows before the first answer. See `restart_ice/2`.
          Default: `false`.
        * `:voice_activity_detection`: has no effect.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.create_offer(specter, pc)
          :ok
          iex> {:ok, offer} = receive do: ({:offer, ^pc, offer} -> {:ok, offer})
          iex> offer =~ ~s({"type":"offer","sdp":"v=0)
          true
      """
      @spec create_offer(Specter.t(), t, [offer_option]) :: result
      def create_offer(specter, pc, options \\ []) do
        [voice_activity_detection: _, ice_restart: ice_restart] =
          Options.flags!(options, voice_activity_detection: false, ice_restart: false)

        Call.post(specter, pc, :create_offer, [ice_restart])
      end

      @doc """
      Makes an answer to the remote offer. `{:answer, pc, json}` follows, or
      `{:answer_error, pc, text}`.

      Options:

        * `:voice_activity_detection`: has no effect.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.create_answer(specter, pc)
          :ok
          iex> receive do: ({:answer_error, ^pc, _} -> :there_is_no_offer)
          :there_is_no_offer
      """
      @spec create_answer(Specter.t(), t, [answer_option]) :: result
      def create_answer(specter, pc, options \\ []) do
        _ = Options.flags!(options, voice_activity_detection: false)
        Call.post(specter, pc, :create_answer)
      end

      @doc """
      Applies an offer or answer that this connection made. `{:ok, pc, :set_local_description}` follows,
      or `{:invalid_local_description, pc, text}`. Gathering starts: `{:ice_candidate, pc, json}` follows
      for each candidate found.

      Returns `{:error, :invalid_json}` if the text is not a description in JSON.

      ## Examples

          #{unquote(examples)}
          iex> :ok = Specter.PeerConnection.create_offer(specter, pc)
          iex> {:ok, offer} = receive do: ({:offer, ^pc, offer} -> {:ok, offer})
          iex> Specter.PeerConnection.set_local_description(specter, pc, offer)
          :ok
          iex> receive do: ({:ok, ^pc, :set_local_description} -> :set)
          :set
          iex> Specter.PeerConnection.set_local_description(specter, pc, "not JSON")
          {:error, :invalid_json}
      """
      @spec set_local_description(Specter.t(), t, session_description_t) :: json_result
      def set_local_description(specter, pc, description) do
        Call.post(specter, pc, :set_local_description, [Options.json!(description)])
      end

      @doc """
      Makes the offer or the answer that the signaling state asks for, and applies it.
      `{:ok, pc, :set_local_description}` follows, or `{:invalid_local_description, pc, text}`. Then
      `local_description/2` has what to send to the peer.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.set_local_description(specter, pc)
          :ok
          iex> receive do: ({:ok, ^pc, :set_local_description} -> :set)
          :set
          iex> :ok = Specter.PeerConnection.signaling_state(specter, pc)
          iex> receive do: ({:signaling_state, ^pc, state} -> state)
          :have_local_offer
      """
      @spec set_local_description(Specter.t(), t) :: result
      def set_local_description(specter, pc) do
        Call.post(specter, pc, :set_local_description)
      end

      @doc """
      Applies the peer's offer or answer. `{:ok, pc, :set_remote_description}` follows, or
      `{:invalid_remote_description, pc, text}`.

      Returns `{:error, :invalid_json}` if the text is not a description in JSON.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.set_remote_description(specter, pc, ~s({"type":"offer","sdp":""}))
          :ok
          iex> receive do: ({:invalid_remote_description, ^pc, _} -> :no_sdp)
          :no_sdp
          iex> Specter.PeerConnection.set_remote_description(specter, pc, "not JSON")
          {:error, :invalid_json}
      """
      @spec set_remote_description(Specter.t(), t, session_description_t) :: json_result
      def set_remote_description(specter, pc, description) do
        Call.post(specter, pc, :set_remote_description, [Options.json!(description)])
      end

      @doc """
      Adds a candidate of the peer. `{:ok, pc, :add_ice_candidate}` follows, or
      `{:candidate_error, pc, text}`. An empty candidate, `{"candidate":""}`, means that no more will
      follow. Candidates of unknown transports or types are ignored, without an error.

      Returns `{:error, :invalid_json}` if the text is not a candidate in JSON.

      ## Examples

          #{unquote(examples)}
          iex> candidate = ~s({"candidate":"candidate:1 1 udp 2130706431 192.0.2.1 4096 typ host"})
          iex> Specter.PeerConnection.add_ice_candidate(specter, pc, candidate)
          :ok
          iex> receive do: ({:candidate_error, ^pc, _} -> :the_peer_is_unknown)
          :the_peer_is_unknown
      """
      @spec add_ice_candidate(Specter.t(), t, ice_candidate_t) :: json_result
      def add_ice_candidate(specter, pc, candidate) do
        Call.post(specter, pc, :add_ice_candidate, [Options.json!(candidate)])
      end
    end
  end
end
