defmodule Specter.RtpCodecParameters do
  @moduledoc """
  A codec as it is negotiated: RTCRtpCodecParameters of the W3C, with the RTCP feedback.

  `Specter.MediaEngine` registers them, and `Specter.PeerConnection.get_parameters/3` has those that were negotiated.
  """

  defstruct mime_type: "",
            clock_rate: 0,
            channels: 0,
            sdp_fmtp_line: "",
            payload_type: 0,
            rtcp_feedback: []

  @typedoc """
  `payload_type`: 0 to 63 or 96 to 127. `rtcp_feedback`: `"nack"`, `"nack pli"`, … The others are those of
  `Specter.RtpCodecCapability`.
  """
  @type t :: %Specter.RtpCodecParameters{
          mime_type: String.t(),
          clock_rate: non_neg_integer,
          channels: non_neg_integer,
          sdp_fmtp_line: String.t(),
          payload_type: 0..127,
          rtcp_feedback: [String.t()]
        }
end
