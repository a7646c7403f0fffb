defmodule Specter.MediaEngine do
  @moduledoc """
  The codecs and header extensions that the connections of an API negotiate.

  `Specter.new_media_engine/2` makes a media engine, and `Specter.new_api/3` consumes it: change it between
  the two. It has the codecs that `Specter.TrackLocalStaticSample.write_sample/5` can packetize: Opus, VP8 and
  H.264. Others, such as VP9 and AV1, can be registered: they are received and sent as RTP packets.
  """

  alias Specter.{Native, RtpCodecCapability, RtpCodecParameters}

  @typedoc "A header extension of RTP (RFC 8285), by its URI."
  @type header_extension :: %{kind: :audio | :video, uri: String.t()}

  @doc """
  The codecs, in the order of their registration.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> {:ok, [opus | _]} = Specter.MediaEngine.codecs(specter, media_engine)
      iex> {opus.mime_type, opus.clock_rate, opus.channels, opus.payload_type}
      {"audio/opus", 48_000, 2, 111}
  """
  @spec codecs(Specter.t(), Specter.media_engine_t()) ::
          {:ok, [RtpCodecParameters.t()]} | {:error, :not_found}
  def codecs(specter, media_engine), do: Native.codecs(Specter.native(specter), media_engine)

  @doc """
  Adds a codec.

  Returns `{:error, :invalid_codec}` for a payload type that is out of range or in use, or a MIME type
  that is not of the form `audio/name` or `video/name`.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> vp9 = %Specter.RtpCodecParameters{mime_type: "video/VP9", clock_rate: 90_000, payload_type: 98}
      iex> Specter.MediaEngine.register_codec(specter, media_engine, vp9)
      :ok
      iex> Specter.MediaEngine.register_codec(specter, media_engine, vp9)
      {:error, :invalid_codec}
  """
  @spec register_codec(Specter.t(), Specter.media_engine_t(), RtpCodecParameters.t()) ::
          :ok | {:error, :not_found | :invalid_codec}
  def register_codec(specter, media_engine, %RtpCodecParameters{} = codec) do
    if RtpCodecCapability.kind(codec) do
      Native.register_codec(Specter.native(specter), media_engine, codec)
    else
      {:error, :invalid_codec}
    end
  end

  def register_codec(_specter, _media_engine, other) do
    raise ArgumentError, "expected a %Specter.RtpCodecParameters{}, got: #{inspect(other)}"
  end

  @doc """
  The header extensions, in the order of their registration.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> {:ok, extensions} = Specter.MediaEngine.header_extensions(specter, media_engine)
      iex> %{kind: :audio, uri: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"} in extensions
      true
  """
  @spec header_extensions(Specter.t(), Specter.media_engine_t()) ::
          {:ok, [header_extension]} | {:error, :not_found}
  def header_extensions(specter, media_engine) do
    Native.header_extensions(Specter.native(specter), media_engine)
  end

  @doc """
  Adds a header extension for audio or video. Returns `{:error, :invalid_uri}` for an empty URI.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> uri = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
      iex> Specter.MediaEngine.register_header_extension(specter, media_engine, :video, uri)
      :ok
      iex> Specter.MediaEngine.register_header_extension(specter, media_engine, :video, "")
      {:error, :invalid_uri}
  """
  @spec register_header_extension(
          Specter.t(),
          Specter.media_engine_t(),
          :audio | :video,
          String.t()
        ) :: :ok | {:error, :not_found | :invalid_uri}
  def register_header_extension(specter, media_engine, kind, uri) do
    Native.register_header_extension(Specter.native(specter), media_engine, kind, uri)
  end

  @doc """
  Adds RTCP feedback, such as `"nack pli"`, to each codec of a kind that is registered so far,
  retransmission excepted.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> {:ok, media_engine} = Specter.new_media_engine(specter)
      iex> Specter.MediaEngine.register_feedback(specter, media_engine, :video, "goog-remb")
      :ok
  """
  @spec register_feedback(Specter.t(), Specter.media_engine_t(), :audio | :video, String.t()) ::
          :ok | {:error, :not_found}
  def register_feedback(specter, media_engine, kind, feedback) do
    Native.register_feedback(Specter.native(specter), media_engine, kind, feedback)
  end
end
