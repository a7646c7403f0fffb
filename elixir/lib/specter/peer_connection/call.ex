defmodule Specter.PeerConnection.Call do
  @moduledoc false
  # A call on a connection: the native function of its name, seen by `Specter.Telemetry`.

  alias Specter.{Native, PeerConnection, Telemetry}

  @spec post(Specter.t(), PeerConnection.t(), atom, [term]) :: term
  def post(specter, pc, function, arguments \\ []) do
    Native
    |> apply(function, [Specter.native(specter), pc | arguments])
    |> Telemetry.call(function, pc)
  end
end
