defmodule Specter.PeerConnection.Tracks do
  @moduledoc false
  # What is sent and received of audio and video.

  defmacro __using__(examples: examples) do
    quote do
      @typedoc """
      A transceiver, by its id: what sends a track of ours and receives one of the peer's.
      `{:rtp_sender, pc, track, sender}` and `{:track, pc, transceiver, info}` bring one.
      """
      @opaque transceiver :: String.t()

      @typedoc "What `{:track, pc, transceiver, info}` says of a track of the peer's."
      @type track_info :: %{kind: :audio | :video, mid: String.t(), streams: [String.t()]}

      @typedoc """
      A frame: one of VP8, an access unit of H.264 (Annex B), an Opus packet.

        * `:rid`: of simulcast, which encoding; `""`: the only one
        * `:rtp_timestamp`: in units of the codec's clock rate
        * `:captured_at`: by the sender's clock, in nanoseconds since 1900, once it has told it
        * `:is_key_frame`: decoding can begin here
        * `:follows_loss`: frames before this one are missing
        * `:dropped`: how many, of this track, since the start, because they were not taken in time
        * `:audio_level`: 0 (loudest) to 127 (silence); `:rotation`: degrees clockwise
      """
      @type frame :: %{
              data: binary,
              rid: String.t(),
              codec: String.t(),
              rtp_timestamp: non_neg_integer,
              captured_at: non_neg_integer | nil,
              is_key_frame: boolean,
              follows_loss: boolean,
              width: pos_integer | nil,
              height: pos_integer | nil,
              temporal_id: 0..7 | nil,
              audio_level: 0..127 | nil,
              rotation: 0 | 90 | 180 | 270 | nil,
              dropped: non_neg_integer
            }

      @typedoc """
      What the peer says of the bitrate that reaches it: its estimate in bit/s; or how many of our packets
      arrived, their bytes, and the time between the first and the last of them.
      """
      @type bitrate_feedback :: %{
              estimate: non_neg_integer | nil,
              packets: non_neg_integer,
              received: non_neg_integer,
              received_bytes: non_neg_integer,
              received_within_us: non_neg_integer
            }

      @doc """
      Sends a track. `{:rtp_sender, pc, track, sender}` follows, or `{:track_error, pc, text}` if this
      connection sends it already. `{:negotiation_needed, pc}` requests the offer that tells the peer.

      Returns `{:error, :invalid_track}` for an unknown track, or one whose id is not allowed: 1 to 64
      characters without spaces and separators.

      ## Examples

          #{unquote(examples)}
          iex> codec = %Specter.RtpCodecCapability{mime_type: "video/H264", clock_rate: 90_000}
          iex> {:ok, track} = Specter.TrackLocalStaticSample.new(specter, codec, "video", "stream")
          iex> Specter.PeerConnection.add_track(specter, pc, track)
          :ok
          iex> receive do: ({:rtp_sender, ^pc, ^track, _sender} -> :added)
          :added
          iex> Specter.PeerConnection.add_track(specter, pc, "unknown")
          {:error, :invalid_track}
      """
      @spec add_track(Specter.t(), t, Specter.TrackLocalStaticSample.t()) ::
              result | {:error, :invalid_track}
      def add_track(specter, pc, track) do
        specter
        |> Specter.native()
        |> Specter.Native.add_track(pc, track)
        |> Specter.Telemetry.call(:add_track, pc)
      end

      @doc """
      Stops sending the track of a sender. `{:negotiation_needed, pc}` requests the offer that tells the
      peer.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.remove_track(specter, pc, "unknown")
          {:error, :invalid_transceiver}
      """
      @spec remove_track(Specter.t(), t, transceiver) :: result | {:error, :invalid_transceiver}
      def remove_track(specter, pc, sender) do
        specter
        |> Specter.native()
        |> Specter.Native.remove_track(pc, sender)
        |> Specter.Telemetry.call(:remove_track, pc)
      end

      @doc """
      Sends another track, or none (`nil`), without negotiation. `{:track_replaced, pc, sender}` follows,
      or `{:track_error, pc, text}`: the track's codec must be one that was negotiated.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.replace_track(specter, pc, "unknown", nil)
          {:error, :invalid_transceiver}
      """
      @spec replace_track(Specter.t(), t, transceiver, Specter.TrackLocalStaticSample.t() | nil) ::
              result | {:error, :invalid_transceiver | :invalid_track}
      def replace_track(specter, pc, sender, track) do
        specter
        |> Specter.native()
        |> Specter.Native.replace_track(pc, sender, track || "")
        |> Specter.Telemetry.call(:replace_track, pc)
      end

      @doc """
      Chooses what is told of the peer's track: `:frames` (`{:frame, pc, transceiver, frame}`) or `:rtp`
      (`{:rtp, pc, transceiver, rid, packets}`). By default frames, where the codec is VP8, H.264 or Opus.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.set_delivery(specter, pc, "unknown", :rtp)
          {:error, :invalid_transceiver}
      """
      @spec set_delivery(Specter.t(), t, transceiver, :frames | :rtp) ::
              result | {:error, :invalid_transceiver}
      def set_delivery(specter, pc, transceiver, delivery) do
        specter
        |> Specter.native()
        |> Specter.Native.set_delivery(pc, transceiver, delivery)
        |> Specter.Telemetry.call(:set_delivery, pc)
      end

      @doc """
      Requests a key frame from the peer, at most one each 500 ms. `rid` names the encoding of simulcast.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.request_key_frame(specter, pc, "unknown")
          {:error, :invalid_transceiver}
      """
      @spec request_key_frame(Specter.t(), t, transceiver, String.t()) ::
              result | {:error, :invalid_transceiver}
      def request_key_frame(specter, pc, transceiver, rid \\ "") do
        specter
        |> Specter.native()
        |> Specter.Native.request_key_frame(pc, transceiver, rid)
        |> Specter.Telemetry.call(:request_key_frame, pc)
      end
    end
  end
end
