defmodule Rooms.Nodes do
  @moduledoc false
  # Looks again and again for the nodes that it was told of. One that is found leads to all the others,
  # and `:pg` then tells them who is in which room; when a node goes, its members go with it. So this
  # is all that has to be done for nodes that come and go.
  use GenServer

  @pause_ms 2_000

  def start_link(nodes), do: GenServer.start_link(__MODULE__, nodes)

  @impl true
  def init(nodes), do: {:ok, nodes, {:continue, :connect}}

  @impl true
  def handle_continue(:connect, nodes) do
    for node <- nodes -- [node() | Node.list()], do: Node.connect(node)
    {:noreply, nodes, @pause_ms}
  end

  @impl true
  def handle_info(:timeout, nodes), do: {:noreply, nodes, {:continue, :connect}}
end
