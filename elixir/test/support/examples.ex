defmodule Specter.Test.Examples do
  @moduledoc false
  # The examples of a text, as they stand in it: `iex>` and `...>`, and right below them a result
  # where there is one. All of a text are one story: what one binds, the next ones know.

  import ExUnit.Assertions

  @type example :: {code :: String.t(), result :: String.t() | nil}

  @spec parse(String.t()) :: [example]
  def parse(text) do
    text
    |> String.split("\n")
    |> Enum.map(&String.trim/1)
    |> Enum.reduce({[], :text}, &read_line/2)
    |> elem(0)
    |> Enum.reverse()
  end

  @doc """
  Runs them in their order, in the calling process; each must give its result. They know what is
  bound before the first one.
  """
  @spec run([example], keyword) :: :ok
  def run(examples, binding \\ []) do
    slowest_ms(examples, binding)
    :ok
  end

  @doc "Runs them, too, and says how long the slowest took."
  @spec slowest_ms([example], keyword) :: non_neg_integer
  def slowest_ms(examples, binding \\ []) do
    {_binding, slowest} =
      Enum.reduce(examples, {binding, 0}, fn {code, expected}, {binding, slowest} ->
        begun = System.monotonic_time(:millisecond)
        {value, binding} = Code.eval_string(code, binding)
        if expected, do: assert(inspect(value) == expected, code)
        {binding, max(slowest, System.monotonic_time(:millisecond) - begun)}
      end)

    slowest
  end

  defp read_line("iex>" <> code, {examples, _}), do: {[{code, nil} | examples], :code}

  defp read_line("...>" <> code, {[{begun, nil} | examples], :code}) do
    {[{begun <> "\n" <> code, nil} | examples], :code}
  end

  defp read_line(line, {[{code, nil} | examples], :code}) do
    if line == "" or String.starts_with?(line, ["•", "#"]) do
      {[{code, nil} | examples], :text}
    else
      {[{code, line} | examples], :text}
    end
  end

  defp read_line(_line, {examples, :text}), do: {examples, :text}
end
