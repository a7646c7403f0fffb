defmodule Specter.Test.Json do
  @moduledoc false
  # JSON that the native side wrote, as a term.

  @spec decode!(String.t()) :: term
  def decode!(text) do
    {:ok, term} = Specter.Native.decode_json(text)
    term
  end
end
