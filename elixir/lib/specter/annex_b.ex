defmodule Specter.AnnexB do
  @moduledoc false
  # Files of H.264 units, each behind a start code: ITU-T H.264 Annex B.

  @chunk 65_536

  # How many units a file has; 0 for one that can't be read.
  @spec count_units(Path.t()) :: non_neg_integer
  def count_units(path) do
    path
    |> File.stream!([], @chunk)
    |> Enum.reduce({0, ""}, fn chunk, {units, rest} ->
      bytes = rest <> chunk
      # A start code may lie across two chunks.
      kept = min(byte_size(bytes), 2)

      {units + length(:binary.matches(bytes, <<0, 0, 1>>)),
       binary_part(bytes, byte_size(bytes) - kept, kept)}
    end)
    |> elem(0)
  rescue
    File.Error -> 0
  end
end
