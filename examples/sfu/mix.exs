defmodule Sfu.MixProject do
  use Mix.Project

  def project do
    [
      app: :sfu,
      version: "0.1.0",
      elixir: "~> 1.14",
      start_permanent: Mix.env() == :prod,
      deps: [{:specter, path: "../../elixir"}]
    ]
  end

  def application, do: [extra_applications: [:logger]]
end
