defmodule Specter.PeerConnection.Transceivers do
  @moduledoc false
  # Transceivers: what is negotiated of audio and video.

  alias Specter.PeerConnection.{Call, Encodings}

  defmacro __using__(examples: examples) do
    quote do
      # A transceiver, for the examples.
      @transceiver unquote(examples) <>
                     """

                         iex> :ok = Specter.PeerConnection.add_transceiver(specter, pc, :video)
                         iex> {:ok, transceiver} =
                         ...>   receive do: ({:transceiver_added, ^pc, added} -> {:ok, added})\
                     """

      @typedoc "RTCRtpTransceiverDirection of the W3C. `:stopped` can't be asked for."
      @type direction :: :sendrecv | :sendonly | :recvonly | :inactive | :stopped

      @typedoc """
      A transceiver as it stands. RTCRtpTransceiver of the W3C.

        * `:mid`: the m= section; `nil` before a description has one
        * `:direction`: what is wanted; `:current_direction`: what was negotiated, `nil` before
        * `:track`: what it sends; `nil` for none, and for a track that was deleted
        * `:streams`, `:remote_streams`: the ids of the streams that our track and the peer's belong to
        * `:dropped`: frames or RTP packets of the peer's that were dropped since the start, because the owner
          did not ask for them in time
      """
      @type transceiver_info :: %{
              id: transceiver,
              kind: :audio | :video,
              mid: String.t() | nil,
              direction: direction,
              current_direction: direction | nil,
              track: Specter.TrackLocal.t() | nil,
              streams: [String.t()],
              remote_streams: [String.t()],
              dropped: non_neg_integer
            }

      @typedoc """
      What is sent of a track. RTCRtpEncodingParameters of the W3C. Several of them are simulcast.

        * `:rid`: of simulcast, its name: letters and digits. Default: `""`, the only encoding
        * `:active`: whether it is sent. Default: `true`
        * `:max_bitrate`: in bit/s. Default: `nil`, no limit
        * `:max_framerate`, `:scale_resolution_down_by`: for your encoder; kept and not applied
        * `:codec`: the codec to send. Default: `nil`, that of the track
      """
      @type encoding :: %{
              optional(:rid) => String.t(),
              optional(:active) => boolean,
              optional(:max_bitrate) => non_neg_integer | nil,
              optional(:max_framerate) => number | nil,
              optional(:scale_resolution_down_by) => number | nil,
              optional(:codec) =>
                Specter.RtpCodecParameters.t() | Specter.RtpCodecCapability.t() | nil
            }

      @typedoc "An option of `add_transceiver/4`."
      @type transceiver_option ::
              {:direction, :sendrecv | :sendonly | :recvonly | :inactive}
              | {:streams, [String.t()]}
              | {:send_encodings, [encoding]}

      @typedoc """
      RTCRtpSendParameters of the W3C. `:transaction_id` says which read they are of. `:header_extensions`,
      `:rtcp` and `:codecs` are as negotiated, and read-only.
      """
      @type parameters :: %{
              transaction_id: String.t(),
              encodings: [encoding],
              header_extensions: [%{uri: String.t(), id: non_neg_integer}],
              rtcp: %{cname: String.t(), reduced_size: boolean},
              codecs: [Specter.RtpCodecParameters.t()]
            }

      @typedoc "RTCRtpReceiveParameters of the W3C, as negotiated."
      @type receive_parameters :: %{
              header_extensions: [%{uri: String.t(), id: non_neg_integer}],
              rtcp: %{cname: String.t(), reduced_size: boolean},
              codecs: [Specter.RtpCodecParameters.t()]
            }

      @doc """
      Makes a transceiver of a kind, `:audio` or `:video`, or for a track.
      `{:transceiver_added, pc, transceiver}` follows, or `{:track_error, pc, text}`.
      `{:negotiation_needed, pc}` requests the offer that tells the peer.

      Returns `{:error, :invalid_track}` for a track that `add_track/4` would not take.

      Options:

        * `:direction`: what is wanted. Default: `:sendrecv`.
        * `:streams`: the ids of the streams that the track belongs to. Default: the track's own.
        * `:send_encodings`: several are simulcast (video only). Default: one.

      ## Examples

          #{unquote(examples)}
          iex> Specter.PeerConnection.add_transceiver(specter, pc, :audio, direction: :recvonly)
          :ok
          iex> receive do: ({:transceiver_added, ^pc, _transceiver} -> :added)
          :added
          iex> codec = %Specter.RtpCodecCapability{mime_type: "video/VP8", clock_rate: 90_000}
          iex> {:ok, track} = Specter.TrackLocalStaticSample.new(specter, codec, "video", "stream")
          iex> encodings = [%{rid: "h", max_bitrate: 1_500_000}, %{rid: "l", max_bitrate: 200_000}]
          iex> Specter.PeerConnection.add_transceiver(specter, pc, track, send_encodings: encodings)
          :ok
          iex> receive do: ({:transceiver_added, ^pc, _transceiver} -> :added)
          :added
      """
      @spec add_transceiver(Specter.t(), t, :audio | :video | Specter.TrackLocal.t(), [
              transceiver_option
            ]) :: result | {:error, :invalid_track}
      def add_transceiver(specter, pc, kind_or_track, options \\ []) do
        Call.post(specter, pc, :add_transceiver, [kind_or_track, Encodings.init!(options)])
      end

      @doc """
      Requests the transceivers that are not stopped, in the order in which they were made.
      `{:transceivers, pc, infos}` follows, with a `t:transceiver_info/0` for each.

      ## Examples

          #{@transceiver}
          iex> Specter.PeerConnection.transceivers(specter, pc)
          :ok
          iex> {:ok, [info]} = receive do: ({:transceivers, ^pc, infos} -> {:ok, infos})
          iex> {info.id == transceiver, info.kind, info.mid, info.direction, info.current_direction}
          {true, :video, nil, :sendrecv, nil}
      """
      @spec transceivers(Specter.t(), t) :: result
      def transceivers(specter, pc), do: Call.post(specter, pc, :transceivers)

      @doc """
      Sets the direction that is wanted: `:sendrecv`, `:sendonly`, `:recvonly` or `:inactive`.
      `{:negotiation_needed, pc}` requests the offer that tells the peer.

      ## Examples

          #{@transceiver}
          iex> Specter.PeerConnection.set_direction(specter, pc, transceiver, :recvonly)
          :ok
          iex> Specter.PeerConnection.set_direction(specter, pc, "unknown", :recvonly)
          {:error, :invalid_transceiver}
          iex> Specter.PeerConnection.set_direction(specter, pc, transceiver, :stopped)
          ** (ArgumentError) expected :direction to be one of :sendrecv, :sendonly, :recvonly, :inactive, got: :stopped
      """
      @spec set_direction(Specter.t(), t, transceiver, direction) ::
              result | {:error, :invalid_transceiver}
      def set_direction(specter, pc, transceiver, direction) do
        :ok = Encodings.check_direction!(direction)
        Call.post(specter, pc, :set_direction, [transceiver, direction])
      end

      @doc """
      Sets the ids of the streams that the track of a sender belongs to. The next description tells the
      peer. `{:track_error, pc, text}` follows for an id that is not allowed.

      ## Examples

          #{@transceiver}
          iex> Specter.PeerConnection.set_streams(specter, pc, transceiver, ["cinema"])
          :ok
          iex> Specter.PeerConnection.set_streams(specter, pc, "unknown", [])
          {:error, :invalid_transceiver}
      """
      @spec set_streams(Specter.t(), t, transceiver, [String.t()]) ::
              result | {:error, :invalid_transceiver}
      def set_streams(specter, pc, sender, streams) do
        Call.post(specter, pc, :set_streams, [sender, streams])
      end

      @doc """
      Sets the codecs that the next descriptions list, in this order. An empty list: the default.
      `{:track_error, pc, text}` follows for a codec that the media engine does not have:
      `Specter.MediaEngine.codecs/2` lists them.

      ## Examples

          #{@transceiver}
          iex> codec = %Specter.RtpCodecCapability{mime_type: "video/VP8", clock_rate: 90_000}
          iex> Specter.PeerConnection.set_codec_preferences(specter, pc, transceiver, [codec])
          :ok
          iex> Specter.PeerConnection.set_codec_preferences(specter, pc, "unknown", [])
          {:error, :invalid_transceiver}
      """
      @spec set_codec_preferences(Specter.t(), t, transceiver, [
              Specter.RtpCodecParameters.t() | Specter.RtpCodecCapability.t()
            ]) :: result | {:error, :invalid_transceiver}
      def set_codec_preferences(specter, pc, transceiver, codecs) do
        Call.post(specter, pc, :set_codec_preferences, [transceiver, codecs])
      end

      @doc """
      Stops a transceiver, for good. `{:track_ended, pc, transceiver}` follows, and the id is no longer
      valid. The next offer rejects its m= section; `{:negotiation_needed, pc}` requests it.

      ## Examples

          #{@transceiver}
          iex> Specter.PeerConnection.stop_transceiver(specter, pc, transceiver)
          :ok
          iex> receive do: ({:track_ended, ^pc, ^transceiver} -> :ended)
          :ended
          iex> Specter.PeerConnection.stop_transceiver(specter, pc, transceiver)
          {:error, :invalid_transceiver}
      """
      @spec stop_transceiver(Specter.t(), t, transceiver) ::
              result | {:error, :invalid_transceiver}
      def stop_transceiver(specter, pc, transceiver) do
        Call.post(specter, pc, :stop_transceiver, [transceiver])
      end

      @doc """
      Requests what a sender sends. `{:parameters, pc, sender, parameters}` follows, with
      `t:parameters/0`: to be changed and passed to `set_parameters/4`.

      ## Examples

          #{@transceiver}
          iex> Specter.PeerConnection.get_parameters(specter, pc, transceiver)
          :ok
          iex> {:ok, parameters} =
          ...>   receive do: ({:parameters, ^pc, ^transceiver, parameters} -> {:ok, parameters})
          iex> [%{active: true, max_bitrate: nil, rid: ""}] = parameters.encodings
          iex> Specter.PeerConnection.get_parameters(specter, pc, "unknown")
          {:error, :invalid_transceiver}
      """
      @spec get_parameters(Specter.t(), t, transceiver) ::
              result | {:error, :invalid_transceiver}
      def get_parameters(specter, pc, sender) do
        Call.post(specter, pc, :get_parameters, [sender])
      end

      @doc """
      Sets what a sender sends: limits the bitrate, or switches an encoding on or off, without
      negotiation. `{:parameters_set, pc, sender}` follows, or `{:track_error, pc, text}`: if these are not
      the parameters that were read last, or something changed that is read-only.

      ## Examples

          #{@transceiver}
          iex> :ok = Specter.PeerConnection.get_parameters(specter, pc, transceiver)
          iex> {:ok, parameters} =
          ...>   receive do: ({:parameters, ^pc, ^transceiver, parameters} -> {:ok, parameters})
          iex> [encoding] = parameters.encodings
          iex> limited = %{parameters | encodings: [%{encoding | max_bitrate: 500_000}]}
          iex> Specter.PeerConnection.set_parameters(specter, pc, transceiver, limited)
          :ok
          iex> receive do: ({:parameters_set, ^pc, ^transceiver} -> :set)
          :set
          iex> Specter.PeerConnection.set_parameters(specter, pc, transceiver, limited)
          :ok
          iex> receive do: ({:track_error, ^pc, _text} -> :they_were_read_before)
          :they_were_read_before
      """
      @spec set_parameters(Specter.t(), t, transceiver, parameters) ::
              result | {:error, :invalid_transceiver}
      def set_parameters(specter, pc, sender, parameters) do
        Call.post(specter, pc, :set_parameters, [sender, Encodings.parameters!(parameters)])
      end

      @doc """
      Requests how the peer's track is received. `{:receive_parameters, pc, transceiver, parameters}`
      follows, with `t:receive_parameters/0`. RTCRtpReceiver.getParameters() of the W3C.

      ## Examples

          #{@transceiver}
          iex> Specter.PeerConnection.get_receive_parameters(specter, pc, transceiver)
          :ok
          iex> receive do: ({:receive_parameters, ^pc, ^transceiver, parameters} -> parameters.codecs)
          []
          iex> Specter.PeerConnection.get_receive_parameters(specter, pc, "unknown")
          {:error, :invalid_transceiver}
      """
      @spec get_receive_parameters(Specter.t(), t, transceiver) ::
              result | {:error, :invalid_transceiver}
      def get_receive_parameters(specter, pc, transceiver) do
        Call.post(specter, pc, :get_receive_parameters, [transceiver])
      end

      @doc """
      Chooses what is told of the peer's track: `:frames` (`{:frame, pc, transceiver, frame}`) or `:rtp`
      (`{:rtp, pc, transceiver, rid, packets}`). By default frames, where the codec is VP8, H.264 or Opus,
      and packets for others.

      Packets that arrived before the call are told in the old form. RTP packets are decrypted and whole,
      in the order of their arrival.

      ## Examples

          #{@transceiver}
          iex> Specter.PeerConnection.set_delivery(specter, pc, transceiver, :rtp)
          :ok
          iex> Specter.PeerConnection.set_delivery(specter, pc, "unknown", :rtp)
          {:error, :invalid_transceiver}
      """
      @spec set_delivery(Specter.t(), t, transceiver, :frames | :rtp) ::
              result | {:error, :invalid_transceiver}
      def set_delivery(specter, pc, transceiver, delivery) do
        Call.post(specter, pc, :set_delivery, [transceiver, delivery])
      end

      @doc """
      Requests a key frame from the peer, at most one each 500 ms. `rid` names the encoding of simulcast.

      ## Examples

          #{@transceiver}
          iex> Specter.PeerConnection.request_key_frame(specter, pc, transceiver)
          :ok
          iex> Specter.PeerConnection.request_key_frame(specter, pc, "unknown")
          {:error, :invalid_transceiver}
      """
      @spec request_key_frame(Specter.t(), t, transceiver, String.t()) ::
              result | {:error, :invalid_transceiver}
      def request_key_frame(specter, pc, transceiver, rid \\ "") do
        Call.post(specter, pc, :request_key_frame, [transceiver, rid])
      end
    end
  end
end
