defmodule Specter.PeerConnection.Tracks do
  @moduledoc false
  # What is sent of audio and video, and the types of what is received.

  alias Specter.PeerConnection.Call

  defmacro __using__(examples: examples) do
    quote do
      @typedoc """
      A transceiver, by its id: what sends a track of ours and receives one of the peer's.
      `{:rtp_sender, pc, track, sender}`, `{:transceiver_added, pc, transceiver}` and
      `{:track, pc, transceiver, info}` bring one.
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

      `streams` are the ids of the streams that the track belongs to on this connection. By default they
      are the track's own.

      Returns `{:error, :invalid_track}` for an unknown track, or where the id of the track or of a stream
      is not allowed: 1 to 64 characters without spaces and separators.

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
      @spec add_track(Specter.t(), t, Specter.TrackLocal.t(), [String.t()]) ::
              result | {:error, :invalid_track}
      def add_track(specter, pc, track, streams \\ []) do
        Call.post(specter, pc, :add_track, [track, streams])
      end

      @doc """
      Stops sending the track of a sender. The transceiver stays, and goes on receiving. Without a track
      the call has no effect. `{:negotiation_needed, pc}` requests the offer that tells the peer.

      ## Examples

          #{unquote(examples)}
          iex> codec = %Specter.RtpCodecCapability{mime_type: "video/VP8", clock_rate: 90_000}
          iex> {:ok, track} = Specter.TrackLocalStaticSample.new(specter, codec, "video", "stream")
          iex> :ok = Specter.PeerConnection.add_track(specter, pc, track)
          iex> {:ok, sender} = receive do: ({:rtp_sender, ^pc, ^track, sender} -> {:ok, sender})
          iex> Specter.PeerConnection.remove_track(specter, pc, sender)
          :ok
          iex> Specter.PeerConnection.remove_track(specter, pc, "unknown")
          {:error, :invalid_transceiver}
      """
      @spec remove_track(Specter.t(), t, transceiver) :: result | {:error, :invalid_transceiver}
      def remove_track(specter, pc, sender), do: Call.post(specter, pc, :remove_track, [sender])

      @doc """
      Sends another track, or none (`nil`), without negotiation. `{:track_replaced, pc, sender}` follows,
      or `{:track_error, pc, text}`: the track's codec must be one that was negotiated.

      Returns `{:error, :invalid_track}` for an unknown track, or one of the other kind.

      ## Examples

          #{unquote(examples)}
          iex> codec = %Specter.RtpCodecCapability{mime_type: "video/VP8", clock_rate: 90_000}
          iex> {:ok, track} = Specter.TrackLocalStaticSample.new(specter, codec, "video", "stream")
          iex> :ok = Specter.PeerConnection.add_track(specter, pc, track)
          iex> {:ok, sender} = receive do: ({:rtp_sender, ^pc, ^track, sender} -> {:ok, sender})
          iex> Specter.PeerConnection.replace_track(specter, pc, sender, nil)
          :ok
          iex> receive do: ({:track_replaced, ^pc, ^sender} -> :replaced)
          :replaced
          iex> Specter.PeerConnection.replace_track(specter, pc, "unknown", nil)
          {:error, :invalid_transceiver}
      """
      @spec replace_track(Specter.t(), t, transceiver, Specter.TrackLocal.t() | nil) ::
              result | {:error, :invalid_transceiver | :invalid_track}
      def replace_track(specter, pc, sender, track) do
        Call.post(specter, pc, :replace_track, [sender, track])
      end

      @doc """
      Tells the peer how much it may send in all, in bit/s (REMB). 0: nothing is told any more.

      `Specter.PeerConnection.set_parameters/4` limits what this side sends.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.set_bitrate_estimate(specter, pc, 1_000_000)
          :ok
      """
      @spec set_bitrate_estimate(Specter.t(), t, non_neg_integer) :: result
      def set_bitrate_estimate(specter, pc, bits_per_second) do
        Call.post(specter, pc, :set_bitrate_estimate, [bits_per_second])
      end
    end
  end
end
