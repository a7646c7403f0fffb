defmodule Specter.Test.Media do
  @moduledoc false
  # Tracks between connections of one VM, and pictures for them.

  import ExUnit.Assertions
  import Specter.Test.Case

  alias Specter.{PeerConnection, RtpCodecCapability, TrackLocalStaticRtp, TrackLocalStaticSample}

  def vp8, do: %RtpCodecCapability{mime_type: "video/VP8", clock_rate: 90_000}
  def opus, do: %RtpCodecCapability{mime_type: "audio/opus", clock_rate: 48_000, channels: 2}

  def sample_track(specter, codec, id, stream \\ "stream") do
    {:ok, track} = TrackLocalStaticSample.new(specter, codec, id, stream)
    track
  end

  def rtp_track(specter, codec, id, stream \\ "stream") do
    {:ok, track} = TrackLocalStaticRtp.new(specter, codec, id, stream)
    track
  end

  # A frame of VP8 as its first bytes tell it: its number is in it, and the rest is filling.
  def picture(kind, number, bytes \\ 200)

  def picture(:key, number, bytes) do
    <<0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 320::little-16, 240::little-16, number::32>> <>
      :binary.copy(<<number>>, bytes)
  end

  def picture(:delta, number, bytes) do
    <<0x11, 0x02, 0x00, number::32>> <> :binary.copy(<<number>>, bytes)
  end

  def new_sender(specter, pc, track) do
    :ok = PeerConnection.add_track(specter, pc, track)
    assert_receive {:rtp_sender, ^pc, ^track, sender}
    sender
  end

  def new_transceiver(specter, pc, kind_or_track, options \\ []) do
    :ok = PeerConnection.add_transceiver(specter, pc, kind_or_track, options)
    assert_receive {:transceiver_added, ^pc, transceiver}
    transceiver
  end

  # Offer and answer, without candidates: a connection that is there already has them.
  def negotiate(specter, pc_1, pc_2) do
    :ok = PeerConnection.create_offer(specter, pc_1)
    assert_receive {:offer, ^pc_1, offer}
    :ok = PeerConnection.set_local_description(specter, pc_1, offer)
    assert_receive {:ok, ^pc_1, :set_local_description}
    :ok = PeerConnection.set_remote_description(specter, pc_2, offer)
    assert_receive {:ok, ^pc_2, :set_remote_description}
    :ok = PeerConnection.create_answer(specter, pc_2)
    assert_receive {:answer, ^pc_2, answer}
    :ok = PeerConnection.set_local_description(specter, pc_2, answer)
    assert_receive {:ok, ^pc_2, :set_local_description}
    :ok = PeerConnection.set_remote_description(specter, pc_1, answer)
    assert_receive {:ok, ^pc_1, :set_remote_description}
  end

  # The same of two that do not know each other yet, until media can flow.
  def connect_media(specter, pc_1, pc_2) do
    negotiate(specter, pc_1, pc_2)
    exchange_a_candidate(specter, pc_1, pc_2)

    for pc <- [pc_1, pc_2],
        do: assert_receive({:connection_state_change, ^pc, :connected}, 10_000)
  end

  def transceivers(specter, pc) do
    :ok = PeerConnection.transceivers(specter, pc)
    assert_receive {:transceivers, ^pc, infos}
    infos
  end

  def parameters(specter, pc, transceiver) do
    :ok = PeerConnection.get_parameters(specter, pc, transceiver)
    assert_receive {:parameters, ^pc, ^transceiver, parameters}
    parameters
  end

  def stats(specter, pc) do
    :ok = PeerConnection.get_stats(specter, pc, :map)
    assert_receive {:stats, ^pc, %{} = stats}
    stats
  end

  # The one report of a type.
  def report(specter, pc, type) do
    [report] = for {_id, %{"type" => ^type} = report} <- stats(specter, pc), do: report
    report
  end

  # Those of its packets that a forwarder got meanwhile, passed on; until `stop?` says so.
  def forward(specter, pc, transceiver, track) do
    receive do
      {:rtp, ^pc, ^transceiver, rid, packets} ->
        :ok = TrackLocalStaticRtp.write_rtp(specter, track, packets, rid)
        forward(specter, pc, transceiver, track)
    after
      0 -> :ok
    end
  end
end
