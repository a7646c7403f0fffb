defmodule Specter.PeerConnection.Ice do
  @moduledoc false
  # Restarts, and the servers that they ask.

  alias Specter.PeerConnection.Call

  defmacro __using__(examples: examples) do
    quote do
      @doc """
      Restarts ICE with the next offer: both sides search for a path again, with the addresses and
      servers of that time. The current path stays in use until another one is found.

      `{:negotiation_needed, pc}` follows if the connection was negotiated: make an offer. The restart
      remains pending until it is negotiated. Use it when the machine has moved to another network, or
      when ICE has failed.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.restart_ice(specter, pc)
          :ok
      """
      @spec restart_ice(Specter.t(), t) :: result
      def restart_ice(specter, pc) do
        Call.post(specter, pc, :restart_ice)
      end

      @doc """
      Replaces the ICE servers, from the next gathering on, which a restart begins. The servers have the
      form of the option `:ice_servers` of `Specter.init/1`.

      Returns `{:error, text}` for an invalid URL. Raises `ArgumentError` for values that are not servers.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.set_ice_servers(specter, pc, ["stun:stun.example.org"])
          :ok
          iex> {:error, text} = Specter.PeerConnection.set_ice_servers(specter, pc, ["http://x"])
          iex> text =~ "http://x"
          true
      """
      @spec set_ice_servers(Specter.t(), t, [Specter.ice_server()]) ::
              result | {:error, String.t()}
      def set_ice_servers(specter, pc, servers) do
        Call.post(specter, pc, :set_ice_servers, [%{ice_servers: servers}])
      end
    end
  end
end
