defmodule Specter.Json do
  @moduledoc false
  # JSON text as a term: strings, numbers, lists, maps, true, false and nil. For text that the native
  # side wrote; other text may raise anything.

  @spec decode!(String.t()) :: term
  def decode!(text) do
    {value, rest} = value(skip(text))
    "" = skip(rest)
    value
  end

  defp value("{" <> rest), do: object(skip(rest), %{})
  defp value("[" <> rest), do: list(skip(rest), [])
  defp value("\"" <> rest), do: string(rest, "")
  defp value("true" <> rest), do: {true, rest}
  defp value("false" <> rest), do: {false, rest}
  defp value("null" <> rest), do: {nil, rest}

  defp value(text) do
    [number] = Regex.run(~r/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/, text)
    {number(number), binary_part(text, byte_size(number), byte_size(text) - byte_size(number))}
  end

  defp number(text) do
    case Integer.parse(text) do
      {integer, ""} -> integer
      _ -> text |> Float.parse() |> elem(0)
    end
  end

  defp object("}" <> rest, map), do: {map, rest}

  defp object("\"" <> rest, map) do
    {key, rest} = string(rest, "")
    ":" <> rest = skip(rest)
    {value, rest} = value(skip(rest))
    map = Map.put(map, key, value)

    case skip(rest) do
      "," <> rest -> object(skip(rest), map)
      "}" <> rest -> {map, rest}
    end
  end

  defp list("]" <> rest, values), do: {Enum.reverse(values), rest}

  defp list(text, values) do
    {value, rest} = value(text)

    case skip(rest) do
      "," <> rest -> list(skip(rest), [value | values])
      "]" <> rest -> {Enum.reverse([value | values]), rest}
    end
  end

  defp string("\"" <> rest, text), do: {text, rest}
  defp string("\\n" <> rest, text), do: string(rest, text <> "\n")
  defp string("\\r" <> rest, text), do: string(rest, text <> "\r")
  defp string("\\t" <> rest, text), do: string(rest, text <> "\t")
  defp string("\\b" <> rest, text), do: string(rest, text <> "\b")
  defp string("\\f" <> rest, text), do: string(rest, text <> "\f")

  defp string("\\u" <> <<hex::binary-size(4), rest::binary>>, text) do
    string(rest, text <> <<String.to_integer(hex, 16)::utf8>>)
  end

  defp string(<<"\\", char, rest::binary>>, text), do: string(rest, text <> <<char>>)
  defp string(<<char::utf8, rest::binary>>, text), do: string(rest, text <> <<char::utf8>>)

  defp skip(text), do: String.trim_leading(text)
end
