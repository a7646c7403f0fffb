defmodule Rooms.MixProject do
  use Mix.Project

  def project do
    [
      app: :rooms,
      version: "0.1.0",
      elixir: "~> 1.14",
      start_permanent: Mix.env() == :prod,
      deps: [{:specter, path: "../../elixir"}]
    ]
  end

  def application, do: [mod: {Rooms.Application, []}, extra_applications: [:logger]]
end
