defmodule Rooms do
  @moduledoc """
  Rooms in which peers talk, each connected to some node of a cluster.

  Your signalling (a web socket, say) calls `enter/4` with the offer of a browser, and passes on to the
  browser what the peer's process sends it:

    * `{:rooms, peer, {:answer, json}}`
    * `{:rooms, peer, {:candidate, json}}`

  and the browser's candidates to `add_candidate/2`. Once the browser's data channel is open, each text
  that it sends is heard by all others in the room, wherever they are connected.
  """

  alias Rooms.Peer

  @doc "A peer comes in through this node. `signalling` carries descriptions and candidates."
  @spec enter(room :: String.t(), name :: String.t(), offer :: String.t(), signalling :: pid) ::
          {:ok, pid} | {:error, term}
  def enter(room, name, offer, signalling \\ self()) do
    start = {Peer, room: room, name: name, offer: offer, signalling: signalling}
    DynamicSupervisor.start_child(Rooms.Peers, start)
  end

  @doc "A candidate that the browser found."
  @spec add_candidate(pid, candidate :: String.t()) :: :ok
  def add_candidate(peer, candidate), do: GenServer.cast(peer, {:candidate, candidate})

  @doc "The processes of those who are in a room, on all nodes, as this node knows it."
  @spec members(room :: String.t()) :: [pid]
  def members(room), do: :pg.get_members(Rooms.Members, room)
end
