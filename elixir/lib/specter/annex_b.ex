defmodule Specter.AnnexB do
  @moduledoc false
  # Files of H.264: NAL units, each behind a start code (ITU-T H.264 Annex B), and the access units that
  # they make up (§7.4.1.2.3), each the picture of one moment.

  @chunk 65_536
  # A unit without an end in so many bytes is no video.
  @max_unit 16 * 1024 * 1024

  @slice 1
  @partition 2
  @idr_slice 5
  @sps 7
  # SEI, parameter sets, delimiter, and others that stand before a picture.
  @before_picture [6, 7, 8, 9, 14, 15, 16, 17, 18]

  # The file's access units, in order, with start codes of four bytes. Empty for one that can't be read.
  @spec access_units(Path.t()) :: Enumerable.t()
  def access_units(path) do
    path
    |> units()
    |> Stream.chunk_while(
      {[], false},
      fn unit, {units, has_picture} ->
        if has_picture and begins?(unit) do
          {:cont, join(units), {[unit], picture?(unit)}}
        else
          {:cont, {[unit | units], has_picture or picture?(unit)}}
        end
      end,
      fn
        {[], _has_picture} -> {:cont, []}
        {units, _has_picture} -> {:cont, join(units), []}
      end
    )
  end

  # The file's NAL units, without start codes.
  @spec units(Path.t()) :: Enumerable.t()
  def units(path) do
    if File.regular?(path) do
      path
      |> File.stream!([], @chunk)
      |> Stream.transform(fn -> {false, ""} end, &split/2, &last/1, fn _rest -> :ok end)
    else
      []
    end
  end

  # Frames per second, as the first sequence parameter set tells; nil: it doesn't.
  @spec frame_rate(Path.t()) :: float | nil
  def frame_rate(path) do
    path
    |> units()
    |> Stream.take(16)
    |> Enum.find_value(fn
      <<_::3, @sps::5, sps::binary>> -> Specter.H264Sps.frame_rate(unescape(sps))
      _other -> nil
    end)
  end

  # What stands behind the last start code may go on in the next piece; before the first there is none.
  defp split(chunk, {has_begun, rest}) do
    case :binary.split(rest <> chunk, <<0, 0, 1>>, [:global]) do
      [only] when not has_begun -> {[], {false, last_bytes(only)}}
      [_before | [_ | _] = parts] when not has_begun -> found(parts)
      parts -> found(parts)
    end
  end

  defp found(parts) do
    {units, [rest]} = Enum.split(parts, -1)
    if byte_size(rest) > @max_unit, do: {:halt, nil}, else: {trim(units), {true, rest}}
  end

  # A start code may lie across two pieces.
  defp last_bytes(bytes), do: binary_part(bytes, byte_size(bytes), -min(byte_size(bytes), 2))

  defp last({true, rest}), do: {trim([rest]), nil}
  defp last(_other), do: {[], nil}

  # Zeros between units belong to none of them.
  defp trim(units) do
    for unit <- units, unit = String.trim_trailing(unit, <<0>>), unit != "", do: unit
  end

  defp type(<<_::3, type::5, _::binary>>), do: type

  defp picture?(unit), do: type(unit) in [@slice, @partition, @idr_slice]

  # The first slice of a picture begins with macroblock 0, whose Exp-Golomb code is one bit.
  defp begins?(<<_::3, type::5, first::1, _::bitstring>>)
       when type in [@slice, @partition, @idr_slice],
       do: first == 1

  defp begins?(unit), do: type(unit) in @before_picture

  defp join(units), do: for(unit <- Enum.reverse(units), into: "", do: <<0, 0, 0, 1>> <> unit)

  # §7.4.1: a 3 behind two zeros is no part of the content.
  defp unescape(bytes), do: :binary.replace(bytes, <<0, 0, 3>>, <<0, 0>>, [:global])
end
