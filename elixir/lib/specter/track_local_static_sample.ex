defmodule Specter.TrackLocalStaticSample do
  @moduledoc """
  A local track.

  Media is not implemented yet: a track can be created, added by `Specter.PeerConnection.add_track/3` and
  play a file to its end, but it is not negotiated and no peer receives it.
  """

  alias Specter.{AnnexB, Native, RtpCodecCapability}

  # Between two units of a file.
  @pace_ms 33

  @typedoc "A track, by its id."
  @opaque t :: String.t()

  @doc """
  Makes a track.

  ## Examples

      iex> {:ok, specter} = Specter.init(ice_servers: [])
      iex> codec = %Specter.RtpCodecCapability{mime_type: "audio/opus", clock_rate: 48_000, channels: 2}
      iex> {:ok, track} = Specter.TrackLocalStaticSample.new(specter, codec, "audio", "stream")
      iex> is_binary(track)
      true
  """
  @spec new(Specter.t(), RtpCodecCapability.t(), String.t(), String.t()) ::
          {:ok, t} | {:error, :not_found}
  def new(specter, %RtpCodecCapability{} = codec, id, stream_id) do
    Native.new_track(Specter.native(specter), codec, id, stream_id)
  end

  def new(_specter, other, _id, _stream_id) do
    raise ArgumentError, "expected a %Specter.RtpCodecCapability{}, got: #{inspect(other)}"
  end

  @doc """
  Plays a file of H.264 (as ITU-T H.264 Annex B writes it): a unit every #{@pace_ms} ms.
  `{:playback_finished, track}` goes to the process that called `Specter.init/1` at its end.

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
        spawn(fn -> play(Native.owner(native), track, path) end)
        :ok
    end
  end

  # Ends with the owner, to whom nobody would tell the end.
  defp play(owner, track, path) do
    monitor = Process.monitor(owner)
    wait(monitor, AnnexB.count_units(path))
    send(owner, {:playback_finished, track})
  end

  defp wait(_monitor, 0), do: :ok

  defp wait(monitor, units) do
    receive do
      {:DOWN, ^monitor, :process, _owner, _reason} -> exit(:normal)
    after
      @pace_ms -> wait(monitor, units - 1)
    end
  end
end
