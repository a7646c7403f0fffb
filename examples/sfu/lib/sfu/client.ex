defmodule Sfu.Client do
  @moduledoc """
  A member that stands for a browser: for the demonstration and the test.

  It publishes pictures (each is only as much of a VP8 frame as a receiver looks at, with a number in it),
  and begins with a key frame whenever one is asked for. `listener` is told each picture of another
  member as `{:seen, name, of, number}`, and `{:gone, name, of}` at the end of that member's track.
  """
  use GenServer
  use Specter.Handler

  alias Specter.{PeerConnection, RtpCodecCapability, TrackLocalStaticSample}

  @every_ms 20
  @codec %RtpCodecCapability{mime_type: "video/VP8", clock_rate: 90_000}

  def start_link(options), do: GenServer.start_link(__MODULE__, options)

  @impl GenServer
  def init(options) do
    {:ok, specter} = Specter.init(options[:specter] || [])
    {:ok, media_engine} = Specter.new_media_engine(specter)
    {:ok, registry} = Specter.new_registry(specter, media_engine)
    {:ok, api} = Specter.new_api(specter, media_engine, registry)
    {:ok, track} = TrackLocalStaticSample.new(specter, @codec, "camera", "browser")
    {:ok, pc} = PeerConnection.new(specter, api)

    {:ok,
     %{
       specter: specter,
       pc: pc,
       track: track,
       room: options[:room],
       name: options[:name],
       listener: options[:listener],
       member: nil,
       # Of the others: transceiver => name.
       names: %{},
       number: 0,
       key_frame?: true
     }}
  end

  @impl Specter.Handler
  def handle_peer_connection_ready(pc, state) do
    :ok = PeerConnection.add_track(state.specter, pc, state.track)
    {:ok, member} = Sfu.join(state.room, state.name)
    {:ok, _timer} = :timer.send_interval(@every_ms, :picture)
    {:noreply, %{state | member: member}}
  end

  ## Signalling: the room offers, this answers.

  @impl GenServer
  def handle_info({:sfu, _room, {:offer, json}}, state) do
    :ok = PeerConnection.set_remote_description(state.specter, state.pc, json)
    :ok = PeerConnection.create_answer(state.specter, state.pc)
    {:noreply, state}
  end

  def handle_info({:sfu, _room, {:candidate, json}}, state) do
    :ok = PeerConnection.add_ice_candidate(state.specter, state.pc, json)
    {:noreply, state}
  end

  def handle_info(:picture, state) do
    number = state.number + 1
    picture = picture(state.key_frame?, number)
    :ok = TrackLocalStaticSample.write_sample(state.specter, state.track, picture, @every_ms)
    {:noreply, %{state | number: number, key_frame?: false}}
  end

  @impl Specter.Handler
  def handle_answer(pc, json, state) do
    :ok = PeerConnection.set_local_description(state.specter, pc, json)
    :ok = Sfu.answer(state.room, state.member, json)
    {:noreply, state}
  end

  @impl Specter.Handler
  def handle_ice_candidate(_pc, json, state) do
    :ok = Sfu.candidate(state.room, state.member, json)
    {:noreply, state}
  end

  ## Media

  @impl Specter.Handler
  def handle_key_frame_wanted(_pc, _sender, _rid, state),
    do: {:noreply, %{state | key_frame?: true}}

  @impl Specter.Handler
  def handle_track(_pc, transceiver, %{streams: [name]}, state) do
    {:noreply, put_in(state.names[transceiver], name)}
  end

  @impl Specter.Handler
  def handle_frame(_pc, transceiver, frame, state) do
    send(state.listener, {:seen, state.name, state.names[transceiver], number(frame.data)})
    {:noreply, state}
  end

  @impl Specter.Handler
  def handle_track_ended(_pc, transceiver, state) do
    {name, names} = Map.pop(state.names, transceiver)
    send(state.listener, {:gone, state.name, name})
    {:noreply, %{state | names: names}}
  end

  # RFC 6386 §9.1: the frame tag and, of a key frame, the start code and the size.
  defp picture(true, number) do
    <<0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 320::little-16, 240::little-16, number::32, 0::1_600>>
  end

  defp picture(false, number), do: <<0x11, 0x02, 0x00, number::32, 0::1_600>>

  defp number(<<0x10, _::binary-size(9), number::32, _::binary>>), do: number
  defp number(<<0x11, _::binary-size(2), number::32, _::binary>>), do: number
end
