defmodule Specter.RtpCodecCapability do
  @moduledoc """
  A codec and its parameters: RTCRtpCodec of the W3C.
  """

  defstruct mime_type: "", clock_rate: 0, channels: 0, sdp_fmtp_line: ""

  @typedoc "`clock_rate`: in Hz. `channels`: for audio; 0 otherwise."
  @type t :: %Specter.RtpCodecCapability{
          mime_type: String.t(),
          clock_rate: non_neg_integer,
          channels: non_neg_integer,
          sdp_fmtp_line: String.t()
        }

  alias Specter.RtpCodecParameters

  # What a track is made of: this, or what a media engine has, whose payload type does not matter.
  @doc false
  @spec check!(term) :: t | RtpCodecParameters.t()
  def check!(%Specter.RtpCodecCapability{} = codec), do: codec
  def check!(%RtpCodecParameters{} = codec), do: codec

  def check!(other) do
    raise ArgumentError, "expected a %Specter.RtpCodecCapability{}, got: #{inspect(other)}"
  end

  # nil: the MIME type says neither.
  @doc false
  @spec kind(t | RtpCodecParameters.t()) :: :audio | :video | nil
  def kind(%{mime_type: mime_type}) when is_binary(mime_type) do
    case mime_type |> String.split("/", parts: 2) |> Enum.map(&String.downcase/1) do
      ["audio", _name] -> :audio
      ["video", _name] -> :video
      _other -> nil
    end
  end

  def kind(other), do: raise(ArgumentError, "expected a MIME type, got: #{inspect(other)}")
end
