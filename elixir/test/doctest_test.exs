defmodule Specter.DoctestTest do
  use Specter.Test.Case

  doctest Specter
  doctest Specter.PeerConnection
  doctest Specter.DataChannel
  doctest Specter.Handler
  doctest Specter.Telemetry
  doctest Specter.MediaEngine
  doctest Specter.TrackLocal
  doctest Specter.TrackLocalStaticRtp
  doctest Specter.TrackLocalStaticSample

  test "every public function and type has its words, and each function an example" do
    structs = [Specter.Config, Specter.RtpCodecCapability, Specter.RtpCodecParameters]

    for module <- [
          Specter,
          Specter.PeerConnection,
          Specter.DataChannel,
          Specter.Handler,
          Specter.Telemetry,
          Specter.MediaEngine,
          Specter.TrackLocal,
          Specter.TrackLocalStaticRtp,
          Specter.TrackLocalStaticSample
          | structs
        ] do
      {:docs_v1, _, :elixir, _, %{"en" => _}, _, docs} = Code.fetch_docs(module)

      bare =
        for {{kind, name, arity}, _, _, doc, _} <- docs, kind != :macro, doc == :none do
          "#{inspect(module)}.#{name}/#{arity}"
        end

      assert Enum.reject(bare, &String.contains?(&1, "__struct__")) == []
      {:ok, specs} = Code.Typespec.fetch_specs(module)
      specified = Enum.map(specs, &elem(&1, 0))

      without_example =
        for {{:function, name, arity}, _, _, %{"en" => doc}, _} <- docs, not (doc =~ "iex>") do
          "#{inspect(module)}.#{name}/#{arity}"
        end

      assert without_example == []

      documented = for {{:function, name, arity}, _, _, %{}, _} <- docs, do: {name, arity}

      assert documented -- specified == []
    end
  end
end
