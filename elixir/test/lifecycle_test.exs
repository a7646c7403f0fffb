defmodule Specter.LifecycleTest do
  use Specter.Test.Case

  # The document that the library is made after, as it stands. Its examples run in their order, and
  # each must say what the document says.
  @document Path.expand("fixtures/lifecycle.txt", __DIR__)
  @external_resource @document

  # Two of its steps have no code of their own. What the document does later for its second
  # connection stands for them.
  @step_without_code "Create a peer connection\n"

  @runs 100

  test "the lifecycle document's examples run as they stand, #{@runs} times" do
    document = File.read!(@document)
    [before, later] = String.split(document, @step_without_code, parts: 2)
    first = examples(before)
    rest = examples(later)
    second_connection = Enum.filter(rest, &String.contains?(elem(&1, 0), creations()))
    assert length(second_connection) == 5

    first_connection =
      Enum.map(second_connection, fn {code, result} ->
        {String.replace(code, "pc_2", "pc_1"), result}
      end)

    all = first ++ first_connection ++ rest
    assert length(all) == 5 + count(document)

    for _ <- 1..@runs, do: Enum.reduce(all, [], &run/2)
  end

  defp creations do
    ~w(new_media_engine new_registry new_api new_peer_connection peer_connection_ready)
  end

  defp count(document), do: length(Regex.scan(~r/iex>/, document))

  defp run({code, expected}, binding) do
    {value, binding} = Code.eval_string(code, binding, __ENV__)
    if expected, do: assert(inspect(value) == expected, code)
    binding
  end

  # [{code, result or nil}]
  defp examples(text) do
    text
    |> String.split("\n")
    |> Enum.map(&String.trim/1)
    |> Enum.reduce([], &read_line/2)
    |> Enum.reverse()
  end

  defp read_line("iex>" <> code, examples), do: [{code, nil} | examples]

  defp read_line("...>" <> code, [{begun, nil} | examples]) do
    [{begun <> "\n" <> code, nil} | examples]
  end

  # A result stands right below its example.
  defp read_line(":ok", [{code, nil} | examples]), do: [{code, ":ok"} | examples]
  defp read_line(_other, examples), do: examples
end
