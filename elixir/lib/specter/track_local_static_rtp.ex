defmodule Specter.TrackLocalStaticRtp do
  @moduledoc """
  A track that is sent, of RTP packets: for programs that packetize by themselves, and for those that
  forward.

      {:rtp, _pc, _transceiver, _rid, packets} -> TrackLocalStaticRtp.write_rtp(specter, track, packets)

  `Specter.PeerConnection.set_delivery/4` asks for the packets of a track of the peer's. `Specter.TrackLocal` has what
  all tracks have.
  """

  alias Specter.{Native, RtpCodecCapability, TrackLocal}

  @typedoc "A track, by its id."
  @opaque t :: String.t()

  @doc """
  Makes a track. `codec` is that of the packets.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> codec = %Specter.RtpCodecCapability{mime_type: "video/VP8", clock_rate: 90_000}
      iex> {:ok, track} = Specter.TrackLocalStaticRtp.new(specter, codec, "film", "cinema")
      iex> is_binary(track)
      true
  """
  @spec new(Specter.t(), TrackLocal.codec(), String.t(), String.t()) ::
          {:ok, t} | {:error, :not_found}
  def new(specter, codec, id, stream_id) do
    Native.new_rtp_track(Specter.native(specter), RtpCodecCapability.check!(codec), id, stream_id)
  end

  @doc """
  Sends an RTP packet, or a list of them, by each sender of the track. SSRC, payload type and header
  extensions are replaced by each sender; sequence number, timestamp and marker are kept.

  What cannot be sent at the moment is dropped, without an error, as with
  `Specter.TrackLocalStaticSample.write_sample/5`. Returns `{:error, :invalid_packet}` for what is no RTP
  packet: of a list, the packets before it are sent.

  `rid` names the encoding of simulcast.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> codec = %Specter.RtpCodecCapability{mime_type: "audio/opus", clock_rate: 48_000, channels: 2}
      iex> {:ok, track} = Specter.TrackLocalStaticRtp.new(specter, codec, "audio", "stream")
      iex> packet = <<2::2, 0::6, 0::1, 111::7, 1::16, 960::32, 1::32, 0xF8, 0xFF, 0xFE>>
      iex> Specter.TrackLocalStaticRtp.write_rtp(specter, track, packet)
      :ok
      iex> Specter.TrackLocalStaticRtp.write_rtp(specter, track, [packet, packet])
      :ok
      iex> Specter.TrackLocalStaticRtp.write_rtp(specter, track, "no packet")
      {:error, :invalid_packet}
      iex> Specter.TrackLocalStaticRtp.write_rtp(specter, "unknown", packet)
      {:error, :invalid_track}
  """
  @spec write_rtp(Specter.t(), t, binary | [binary], String.t()) ::
          :ok | {:error, :invalid_track | :invalid_packet}
  def write_rtp(specter, track, packets, rid \\ "") do
    write(Specter.native(specter), track, packets, rid)
  end

  # A long list for many senders takes several turns of this process.
  defp write(native, track, packets, rid) do
    with {:more, rest} <- Native.write_rtp(native, track, packets, rid) do
      write(native, track, rest, rid)
    end
  end

  @doc """
  Says what the numbers of the packets' header extensions mean, from the next `write_rtp/4` on.

  Those that describe the media (audio levels, orientation, capture time, playout delay, layers) are then sent
  on, where they were negotiated; the others are each sender's own. Who forwards passes the
  `:header_extensions` of `Specter.PeerConnection.get_receive_parameters/3` of the transceiver that the packets
  come by. Without them a phone's picture may arrive lying on its side.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> codec = %Specter.RtpCodecCapability{mime_type: "video/VP8", clock_rate: 90_000}
      iex> {:ok, track} = Specter.TrackLocalStaticRtp.new(specter, codec, "film", "cinema")
      iex> extensions = [%{uri: "urn:3gpp:video-orientation", id: 13}]
      iex> Specter.TrackLocalStaticRtp.set_header_extensions(specter, track, extensions)
      :ok
      iex> Specter.TrackLocalStaticRtp.set_header_extensions(specter, "unknown", extensions)
      {:error, :invalid_track}
  """
  @spec set_header_extensions(Specter.t(), t, [%{uri: String.t(), id: non_neg_integer}]) ::
          :ok | {:error, :invalid_track}
  def set_header_extensions(specter, track, header_extensions) do
    Native.set_header_extensions(Specter.native(specter), track, header_extensions)
  end
end
