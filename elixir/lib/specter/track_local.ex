defmodule Specter.TrackLocal do
  @moduledoc """
  Tracks that are sent: what `Specter.TrackLocalStaticSample` and `Specter.TrackLocalStaticRtp` have in
  common.

  A track belongs to no connection. `Specter.PeerConnection.add_track/4`, any number of times, has
  connections send it: each of them gets what is written. A track exists until `delete/2`, or until its
  Specter is closed.
  """

  alias Specter.{Native, RtpCodecCapability, RtpCodecParameters}
  alias Specter.{TrackLocalStaticRtp, TrackLocalStaticSample}

  @typedoc "A track, by its id."
  @type t :: TrackLocalStaticSample.t() | TrackLocalStaticRtp.t()

  @typedoc "What is written: a codec, or one that `Specter.MediaEngine.codecs/2` lists."
  @type codec :: RtpCodecCapability.t() | RtpCodecParameters.t()

  @typedoc """
  What a track is.

    * `:id`: the name that it was made with
    * `:codec`: the codec of what is written
    * `:senders`: how many senders it has
    * `:dropped`: samples or packets that were dropped, because an event loop was too slow to take them
  """
  @type info :: %{
          id: String.t(),
          kind: :audio | :video,
          codec: RtpCodecParameters.t(),
          streams: [String.t()],
          senders: non_neg_integer,
          dropped: non_neg_integer
        }

  @doc """
  What a track is, and how it is doing.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> codec = %Specter.RtpCodecCapability{mime_type: "video/VP8", clock_rate: 90_000}
      iex> {:ok, track} = Specter.TrackLocalStaticRtp.new(specter, codec, "film", "cinema")
      iex> {:ok, info} = Specter.TrackLocal.info(specter, track)
      iex> {info.id, info.kind, info.codec.mime_type, info.streams, info.senders, info.dropped}
      {"film", :video, "video/VP8", ["cinema"], 0, 0}
      iex> Specter.TrackLocal.info(specter, "unknown")
      {:error, :invalid_track}
  """
  @spec info(Specter.t(), t) :: {:ok, info} | {:error, :invalid_track}
  def info(specter, track), do: Native.track_info(Specter.native(specter), track)

  @doc """
  Deletes a track: nothing can be written any more. Its senders stay, and send nothing;
  `Specter.PeerConnection.remove_track/3` tells the peer.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> codec = %Specter.RtpCodecCapability{mime_type: "video/VP8", clock_rate: 90_000}
      iex> {:ok, track} = Specter.TrackLocalStaticRtp.new(specter, codec, "film", "cinema")
      iex> Specter.TrackLocal.delete(specter, track)
      :ok
      iex> Specter.TrackLocal.delete(specter, track)
      {:error, :invalid_track}
  """
  @spec delete(Specter.t(), t) :: :ok | {:error, :invalid_track}
  def delete(specter, track), do: Native.delete_track(Specter.native(specter), track)
end
