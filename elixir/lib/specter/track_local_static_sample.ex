defmodule Specter.TrackLocalStaticSample do
  @moduledoc """
  A track that is sent, of samples: frames of VP8, access units of H.264, packets of Opus.

  `Specter.TrackLocal` has what all tracks have.
  """

  alias Specter.{AnnexB, Native, Options, RtpCodecCapability, TrackLocal}

  # Of a file that does not tell its frame rate.
  @default_rate 30.0
  @nanoseconds 1_000_000_000

  @typedoc "A track, by its id."
  @opaque t :: String.t()

  @typedoc "An option of `write_sample/5`."
  @type sample_option ::
          {:rid, String.t()}
          | {:temporal_id, 0..3}
          | {:captured_at, integer}
          | {:audio_level, 0..127}
          | {:rotation, 0 | 90 | 180 | 270}

  @doc """
  Makes a track.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> codec = %Specter.RtpCodecCapability{mime_type: "audio/opus", clock_rate: 48_000, channels: 2}
      iex> {:ok, track} = Specter.TrackLocalStaticSample.new(specter, codec, "audio", "stream")
      iex> is_binary(track)
      true
  """
  @spec new(Specter.t(), TrackLocal.codec(), String.t(), String.t()) ::
          {:ok, t} | {:error, :not_found}
  def new(specter, codec, id, stream_id) do
    Native.new_track(Specter.native(specter), RtpCodecCapability.check!(codec), id, stream_id)
  end

  @doc """
  Sends a sample by each sender of the track. `duration` is in milliseconds, as an integer or a float.

  What cannot be sent at the moment (no sender, no connection, a direction that does not send) is dropped,
  without an error; so are the oldest samples that a connection is too slow to take. An error that is found
  later is `{:track_error, pc, text}`, once until something is negotiated.

  Options:

    * `:rid`: of simulcast, the encoding that it is for
    * `:temporal_id`: of VP8 with temporal layers, the layer, 0 to 3
    * `:captured_at`: when it was captured, as `System.monotonic_time(:nanosecond)` has it, so that audio and
      video are played in time. Default: where the sample before ended, or now after a pause
    * `:audio_level`: how loud it is, from 0 (loudest) to 127 (silence), in -dBov (RFC 6464). It is sent where
      the peer negotiated audio levels; conference servers choose the speaker by it. Default: `nil`, not sent
    * `:rotation`: of video, the degrees clockwise by which the receiver is to turn the picture. It is sent
      where the peer negotiated the orientation. Default: `nil`, not sent

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> codec = %Specter.RtpCodecCapability{mime_type: "audio/opus", clock_rate: 48_000, channels: 2}
      iex> {:ok, track} = Specter.TrackLocalStaticSample.new(specter, codec, "audio", "stream")
      iex> Specter.TrackLocalStaticSample.write_sample(specter, track, <<0xF8, 0xFF, 0xFE>>, 20)
      :ok
      iex> Specter.TrackLocalStaticSample.write_sample(specter, track, "", 20)
      {:error, :invalid_sample}
      iex> Specter.TrackLocalStaticSample.write_sample(specter, "unknown", <<0xF8>>, 20)
      {:error, :invalid_track}
  """
  @spec write_sample(Specter.t(), t, binary, number, [sample_option]) ::
          :ok | {:error, :invalid_track | :invalid_sample}
  def write_sample(specter, track, data, duration, options \\ []) do
    unless is_number(duration) and duration >= 0 do
      raise ArgumentError, "expected milliseconds, got: #{inspect(duration)}"
    end

    [
      rid: rid,
      temporal_id: temporal_id,
      captured_at: captured_at,
      audio_level: audio_level,
      rotation: rotation
    ] =
      Options.take!(options,
        rid: "",
        temporal_id: nil,
        captured_at: nil,
        audio_level: nil,
        rotation: nil
      )

    Native.write_sample(
      Specter.native(specter),
      track,
      data,
      round(duration * 1_000_000),
      rid,
      temporal_id,
      captured_at,
      audio_level,
      rotation
    )
  end

  @doc """
  Plays a file of H.264 (as ITU-T H.264 Annex B writes it) once: an access unit, which is a frame, at a
  time, at the frame rate that the file tells, or 30 a second. `{:playback_finished, track}` goes to the
  process that called `Specter.init/1` at its end.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> codec = %Specter.RtpCodecCapability{mime_type: "video/H264", clock_rate: 90_000}
      iex> {:ok, track} = Specter.TrackLocalStaticSample.new(specter, codec, "video", "stream")
      iex> Specter.TrackLocalStaticSample.play_from_file_h264(specter, track, "no/such/file")
      {:error, :file_not_found}
  """
  @spec play_from_file_h264(Specter.t(), t, Path.t()) ::
          :ok | {:error, :file_not_found | :invalid_track}
  def play_from_file_h264(specter, track, path) do
    native = Specter.native(specter)
    is_track = Native.track_exists(native, track)

    cond do
      not (is_binary(path) or is_list(path)) ->
        raise ArgumentError, "expected a path, got: #{inspect(path)}"

      not File.regular?(path) ->
        {:error, :file_not_found}

      not is_track ->
        {:error, :invalid_track}

      true ->
        spawn(fn -> play(native, track, path) end)
        :ok
    end
  end

  # Ends with the owner, to whom nobody would tell the end.
  defp play(native, track, path) do
    owner = Native.owner(native)
    monitor = Process.monitor(owner)
    period = round(@nanoseconds / (AnnexB.frame_rate(path) || @default_rate))
    start = System.monotonic_time(:nanosecond)

    path
    |> AnnexB.access_units()
    |> Stream.with_index(1)
    |> Enum.each(fn {unit, number} ->
      _ = Native.write_sample(native, track, unit, period, "", nil, nil, nil, nil)
      wait(monitor, start + number * period)
    end)

    send(owner, {:playback_finished, track})
  end

  defp wait(monitor, until) do
    left = until - System.monotonic_time(:nanosecond)

    receive do
      {:DOWN, ^monitor, :process, _owner, _reason} -> exit(:normal)
    after
      max(0, div(left + 999_999, 1_000_000)) -> :ok
    end
  end
end
