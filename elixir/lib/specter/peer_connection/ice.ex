defmodule Specter.PeerConnection.Ice do
  @moduledoc false
  # Restarts, and the servers that they ask.

  defmacro __using__(examples: examples) do
    quote do
      @doc """
      Restarts ICE: the next offer looks for a path to the peer again, from the addresses and
      servers that there are by then. The path in use carries on until another is found.

      `{:negotiation_needed, pc}` follows, once the connection was negotiated: make an offer. It
      stays wanted until a restart is negotiated. Worth it when the machine is in another network,
      and when `{:ice_connection_state, pc, :failed}` was the answer.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.restart_ice(specter, pc)
          :ok
      """
      @spec restart_ice(Specter.t(), t) :: result
      def restart_ice(specter, pc) do
        specter
        |> Specter.native()
        |> Specter.Native.restart_ice(pc)
        |> Specter.Telemetry.call(:restart_ice, pc)
      end

      @doc """
      Takes other ICE servers, for the next gathering, which a restart begins. They are what
      `Specter.init/1` takes as `:ice_servers`.

      `{:error, text}` for a URL that can't be used; an `ArgumentError` for what are no servers.

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
        specter
        |> Specter.native()
        |> Specter.Native.set_ice_servers(pc, %{ice_servers: servers})
        |> Specter.Telemetry.call(:set_ice_servers, pc)
      end
    end
  end
end
