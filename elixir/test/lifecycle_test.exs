defmodule Specter.LifecycleTest do
  use Specter.Test.Case

  alias Specter.Test.Examples

  # The document that the library is made after, as it stands.
  @document Path.expand("fixtures/lifecycle.txt", __DIR__)
  @guide Path.expand("../guides/lifecycle.md", __DIR__)

  # A hundred runs, in parts: a test has a minute, and on a busy machine a run takes a while.
  @runs 25
  @parts 4

  # The document waits 100 ms for each message. The host of a virtual machine may stop it for longer
  # than that (300 ms were measured, in a program that did nothing but read the clock). So each run
  # waits longer, and the document's own time is asked of the median.
  @patience_ms 10_000
  @limit_ms 100

  # Two of its steps have no code. What it does later for its second connection stands for them.
  @step_without_code "Create a peer connection\n"
  @second_connection ~w(new_media_engine new_registry new_api new_peer_connection
                        peer_connection_ready)

  for part <- 1..@parts do
    test "the lifecycle document's examples do what it says, #{@runs} times (#{part})" do
      run_document()
    end
  end

  @tag :long
  @tag timeout: :infinity
  test "the lifecycle document's examples do what it says, 1,000 times" do
    for _ <- 1..div(1_000, @runs), do: run_document()
  end

  test "the guide's examples do what it says" do
    examples = Examples.parse(File.read!(@guide))
    assert Enum.count(examples, fn {_code, result} -> result != nil end) > 10
    assert Examples.run(examples) == :ok
  end

  defp run_document do
    document = File.read!(@document)
    [before, later] = document |> String.split(@step_without_code) |> Enum.map(&Examples.parse/1)

    first_connection =
      for {code, result} <- later, String.contains?(code, @second_connection) do
        {String.replace(code, "pc_2", "pc_1"), result}
      end

    assert length(first_connection) == 5
    assert length(before ++ later) == length(Regex.scan(~r/iex>/, document))
    assert Enum.count(later, &match?({_code, ":ok"}, &1)) == 2
    assert document =~ "#{@limit_ms} ->"

    steps =
      for {code, result} <- before ++ first_connection ++ later,
          do: {String.replace(code, "#{@limit_ms} ->", "#{@patience_ms} ->"), result}

    slowest_ms = for _ <- 1..@runs, do: Examples.slowest_ms(steps)
    assert Enum.at(Enum.sort(slowest_ms), div(@runs, 2)) < @limit_ms
  end
end
