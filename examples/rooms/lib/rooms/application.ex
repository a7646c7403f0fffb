defmodule Rooms.Application do
  @moduledoc false
  use Application

  @impl true
  def start(_type, _arguments) do
    children = [
      # Who is in which room: a table that the nodes of a cluster keep together.
      %{id: Rooms.Members, start: {:pg, :start_link, [Rooms.Members]}},
      {Rooms.Nodes, nodes()},
      {DynamicSupervisor, name: Rooms.Peers}
    ]

    # A new table knows of nobody: those who stood in the old one go with it, and come again.
    Supervisor.start_link(children, strategy: :rest_for_one, name: Rooms.Supervisor)
  end

  # Those of ROOMS_NODES: "a@host,b@host".
  defp nodes do
    told = "ROOMS_NODES" |> System.get_env("") |> String.split(",", trim: true)
    Application.get_env(:rooms, :nodes, Enum.map(told, &String.to_atom/1))
  end
end
