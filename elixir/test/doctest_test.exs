defmodule Specter.DoctestTest do
  use Specter.Test.Case

  doctest Specter
  doctest Specter.PeerConnection
  doctest Specter.DataChannel
  doctest Specter.Handler
  doctest Specter.Telemetry
  doctest Specter.TrackLocalStaticSample

  test "every public function and type has its words" do
    structs = [Specter.Config, Specter.RtpCodecCapability]

    for module <- [
          Specter,
          Specter.PeerConnection,
          Specter.DataChannel,
          Specter.Handler,
          Specter.Telemetry,
          Specter.TrackLocalStaticSample
          | structs
        ] do
      {:docs_v1, _, :elixir, _, %{"en" => _}, _, docs} = Code.fetch_docs(module)

      bare =
        for {{kind, name, arity}, _, _, doc, _} <- docs, kind == :function, doc == :none do
          "#{inspect(module)}.#{name}/#{arity}"
        end

      assert Enum.reject(bare, &String.contains?(&1, "__struct__")) == []
      {:ok, specs} = Code.Typespec.fetch_specs(module)
      specified = Enum.map(specs, &elem(&1, 0))

      documented = for {{:function, name, arity}, _, _, %{}, _} <- docs, do: {name, arity}

      assert documented -- specified == []
    end
  end
end
