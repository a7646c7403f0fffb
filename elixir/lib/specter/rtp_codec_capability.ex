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
end
