defmodule Specter.Options do
  @moduledoc false
  # Keyword lists of options: which there are, and which values they take.

  # Options that the native side judges. Raises ArgumentError for anything else than a keyword list.
  @spec to_map!(term) :: map
  def to_map!(options) do
    if not Keyword.keyword?(options) do
      raise ArgumentError, "expected a keyword list, got: #{inspect(options)}"
    end

    Map.new(options)
  end

  # The options with their defaults, in the order of `known`. Raises ArgumentError for anything else
  # than a keyword list of known options.
  @spec take!(term, keyword) :: keyword
  def take!(options, known) do
    if not Keyword.keyword?(options) do
      raise ArgumentError, "expected a keyword list, got: #{inspect(options)}"
    end

    given = Keyword.validate!(options, known)
    Enum.map(known, fn {key, _default} -> {key, Keyword.fetch!(given, key)} end)
  end

  # The same for options whose values are true or false.
  @spec flags!(term, keyword) :: keyword
  def flags!(options, known) do
    flags = take!(options, known)
    for {key, value} <- flags, do: check!(key, value, :boolean)
    flags
  end

  @type kind ::
          :boolean
          | :string
          | Range.t()
          | {:one_of, [atom]}
          | {:optional, kind}

  # Raises ArgumentError for a value that is none of its kind.
  @spec check!(atom, term, kind) :: :ok
  def check!(key, value, kind) do
    if fits?(value, kind) do
      :ok
    else
      raise ArgumentError,
            "expected #{inspect(key)} to be #{words(kind)}, got: #{inspect(value)}"
    end
  end

  # JSON text, which is what browsers and signalling have. A map is what one has at hand in Elixir.
  @spec json!(term) :: String.t()
  def json!(text) when is_binary(text), do: text

  def json!(other) do
    raise ArgumentError,
          "expected JSON text, such as ~s({\"type\":\"offer\",\"sdp\":\"…\"}), " <>
            "got: #{inspect(other, limit: 5, printable_limit: 100)}" <> advice(other)
  end

  defp advice(%{}), do: "; a JSON library makes text of a map"
  defp advice(_other), do: ""

  defp fits?(value, :boolean), do: is_boolean(value)
  defp fits?(value, :string), do: is_binary(value)
  defp fits?(value, {:one_of, names}), do: value in names
  defp fits?(nil, {:optional, _kind}), do: true
  defp fits?(value, {:optional, kind}), do: fits?(value, kind)
  defp fits?(value, %Range{} = range), do: is_integer(value) and value in range

  defp words(:boolean), do: "a boolean"
  defp words(:string), do: "a string"
  defp words({:one_of, names}), do: "one of #{Enum.map_join(names, ", ", &inspect/1)}"
  defp words({:optional, kind}), do: "nil or " <> words(kind)
  defp words(first..last), do: "an integer from #{first} to #{last}"
end
