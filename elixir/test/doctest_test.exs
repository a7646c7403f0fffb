defmodule Specter.DoctestTest do
  use Specter.Test.Case

  doctest Specter
  doctest Specter.PeerConnection

  test "every public function and type has its words" do
    for module <- [Specter, Specter.PeerConnection, Specter.Config] do
      {:docs_v1, _, :elixir, _, %{"en" => _}, _, docs} = Code.fetch_docs(module)

      bare =
        for {{kind, name, arity}, _, _, doc, _} <- docs, kind == :function, doc == :none do
          "#{inspect(module)}.#{name}/#{arity}"
        end

      assert bare -- ["Specter.Config.__struct__/0", "Specter.Config.__struct__/1"] == []
      {:ok, specs} = Code.Typespec.fetch_specs(module)
      specified = Enum.map(specs, &elem(&1, 0))

      documented = for {{:function, name, arity}, _, _, %{}, _} <- docs, do: {name, arity}

      assert documented -- specified == []
    end
  end
end
