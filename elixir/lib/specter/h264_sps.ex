defmodule Specter.H264Sps do
  @moduledoc false
  # The sequence parameter set of H.264, ITU-T H.264 §7.3.2.1.1 and E.1.1, as far as the frame rate.

  # These have chroma_format_idc and what follows it.
  @with_chroma [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]
  @extended_sar 255

  # Frames per second of a set without its NAL header and without emulation prevention; nil: it does not
  # tell, or it is malformed.
  @spec frame_rate(binary) :: float | nil
  def frame_rate(<<profile, _constraints, _level, bits::bitstring>>) do
    {_id, bits} = ue(bits)
    bits = if profile in @with_chroma, do: skip_chroma(bits), else: bits
    {_log2_max_frame_num, bits} = ue(bits)
    {order, bits} = ue(bits)
    bits = skip_order(order, bits)
    {_max_num_ref_frames, <<_gaps::1, bits::bitstring>>} = ue(bits)
    {_width, bits} = ue(bits)
    {_height, <<frame_mbs_only::1, bits::bitstring>>} = ue(bits)
    # With fields: mb_adaptive_frame_field_flag, then direct_8x8_inference_flag.
    fields = 1 - frame_mbs_only
    <<_::size(fields), _direct::1, cropped::1, bits::bitstring>> = bits
    bits = skip_ue(bits, 4 * cropped)

    case bits do
      <<1::1, vui::bitstring>> -> vui_rate(vui)
      _none -> nil
    end
  rescue
    # It is shorter than it says.
    MatchError -> nil
    FunctionClauseError -> nil
  end

  def frame_rate(_short), do: nil

  defp skip_chroma(bits) do
    {format, bits} = ue(bits)
    planes = if format == 3, do: 1, else: 0
    <<_separate::size(planes), bits::bitstring>> = bits
    {_luma_depth, bits} = ue(bits)
    {_chroma_depth, <<_bypass::1, has_matrix::1, bits::bitstring>>} = ue(bits)
    lists = if format == 3, do: 12, else: 8
    if has_matrix == 1, do: skip_lists(bits, lists, 0), else: bits
  end

  defp skip_lists(bits, count, count), do: bits
  defp skip_lists(<<0::1, bits::bitstring>>, count, at), do: skip_lists(bits, count, at + 1)

  defp skip_lists(<<1::1, bits::bitstring>>, count, at) do
    size = if at < 6, do: 16, else: 64
    bits |> skip_list(size, 8) |> skip_lists(count, at + 1)
  end

  # §7.3.2.1.1.1: from a scale of 0 on nothing is written.
  defp skip_list(bits, 0, _last), do: bits

  defp skip_list(bits, left, last) do
    {delta, bits} = se(bits)
    next = Integer.mod(last + delta + 256, 256)
    if next == 0, do: bits, else: skip_list(bits, left - 1, next)
  end

  defp skip_order(0, bits), do: bits |> ue() |> elem(1)

  defp skip_order(1, <<_always_zero::1, bits::bitstring>>) do
    {_non_ref, bits} = ue(bits)
    {_top_bottom, bits} = ue(bits)
    {count, bits} = ue(bits)
    true = count < 256
    skip_ue(bits, count)
  end

  defp skip_order(_other, bits), do: bits

  # vui_parameters, E.1.1, up to timing_info.
  defp vui_rate(bits) do
    bits =
      case bits do
        <<1::1, @extended_sar, _width::16, _height::16, bits::bitstring>> -> bits
        <<1::1, _aspect, bits::bitstring>> -> bits
        <<0::1, bits::bitstring>> -> bits
      end

    <<has_overscan::1, bits::bitstring>> = bits
    <<_overscan::size(has_overscan), has_video::1, bits::bitstring>> = bits
    bits = if has_video == 1, do: skip_video_signal(bits), else: bits
    <<has_location::1, bits::bitstring>> = bits
    bits = skip_ue(bits, 2 * has_location)

    case bits do
      # A tick is a field's: a frame takes two.
      <<1::1, units::32, scale::32, _::bitstring>> when units > 0 and scale > 0 ->
        scale / (2 * units)

      _none ->
        nil
    end
  end

  defp skip_video_signal(<<_format::3, _full_range::1, has_colour::1, bits::bitstring>>) do
    size = 24 * has_colour
    <<_::size(size), bits::bitstring>> = bits
    bits
  end

  defp skip_ue(bits, 0), do: bits
  defp skip_ue(bits, count), do: bits |> ue() |> elem(1) |> skip_ue(count - 1)

  # Exp-Golomb codes, §9.1.
  defp ue(bits, zeros \\ 0)
  defp ue(<<0::1, bits::bitstring>>, zeros) when zeros < 32, do: ue(bits, zeros + 1)

  defp ue(<<1::1, bits::bitstring>>, zeros) do
    <<rest::size(zeros), bits::bitstring>> = bits
    {Integer.pow(2, zeros) - 1 + rest, bits}
  end

  defp se(bits) do
    {code, bits} = ue(bits)
    {if(rem(code, 2) == 1, do: div(code + 1, 2), else: -div(code, 2)), bits}
  end
end
