defmodule Specter.Messages do
  @moduledoc false
  # The messages that processes get, in one table. `Specter.Handler` makes its callbacks of it, and
  # tests hold it against the documentation and the native side.

  alias Specter.{DataChannel, PeerConnection, TrackLocal}

  # tag: {what follows it, when it comes}. What follows is an atom, its name and type, or has both.
  @messages [
    peer_connection_ready: {[:pc], "The connection can be used."},
    peer_connection_error: {[:pc], "The connection could not be created."},
    peer_connection_closed: {[:pc], "The connection is closed. It is its last message."},
    negotiation_needed: {[:pc], "A new offer is needed."},
    offer: {[:pc, :json], "The result of `Specter.PeerConnection.create_offer/3`."},
    offer_error:
      {[:pc, :text],
       "`create_offer/3` or `create_data_channel/4` of `Specter.PeerConnection` failed."},
    answer: {[:pc, :json], "The result of `Specter.PeerConnection.create_answer/3`."},
    answer_error: {[:pc, :text], "`Specter.PeerConnection.create_answer/3` failed."},
    ok:
      {[:pc, :operation],
       "A description or a candidate was applied; `operation` is the function."},
    invalid_local_description:
      {[:pc, :text], "`Specter.PeerConnection.set_local_description/3` failed."},
    invalid_remote_description:
      {[:pc, :text], "`Specter.PeerConnection.set_remote_description/3` failed."},
    candidate_error: {[:pc, :text], "`Specter.PeerConnection.add_ice_candidate/3` failed."},
    ice_candidate: {[:pc, :json], "A local candidate was found: send it to the peer."},
    ice_candidate_error: {[:pc, :json], "A STUN or TURN server led to no candidate; others may."},
    connection_failed:
      {[:pc, :failure, :text],
       "The connection failed; `:connection_state_change` or `:peer_connection_error` follows."},
    connection_state_change: {[:pc, :connection_state], "The connection state changed."},
    ice_connection_state_change:
      {[:pc, :ice_connection_state], "The ICE connection state changed."},
    ice_gathering_state_change: {[:pc, :ice_gathering_state], "The ICE gathering state changed."},
    signaling_state_change: {[:pc, :signaling_state], "The signaling state changed."},
    connection_state:
      {[:pc, :connection_state], "The result of `Specter.PeerConnection.connection_state/2`."},
    ice_connection_state:
      {[:pc, :ice_connection_state],
       "The result of `Specter.PeerConnection.ice_connection_state/2`."},
    ice_gathering_state:
      {[:pc, :ice_gathering_state],
       "The result of `Specter.PeerConnection.ice_gathering_state/2`."},
    signaling_state:
      {[:pc, :signaling_state], "The result of `Specter.PeerConnection.signaling_state/2`."},
    local_description:
      {[:pc, json: :json_or_nil], "The result of `Specter.PeerConnection.local_description/2`."},
    current_local_description:
      {[:pc, json: :json_or_nil],
       "The result of `Specter.PeerConnection.current_local_description/2`."},
    pending_local_description:
      {[:pc, json: :json_or_nil],
       "The result of `Specter.PeerConnection.pending_local_description/2`."},
    remote_description:
      {[:pc, json: :json_or_nil], "The result of `Specter.PeerConnection.remote_description/2`."},
    current_remote_description:
      {[:pc, json: :json_or_nil],
       "The result of `Specter.PeerConnection.current_remote_description/2`."},
    pending_remote_description:
      {[:pc, json: :json_or_nil],
       "The result of `Specter.PeerConnection.pending_remote_description/2`."},
    stats: {[:pc, stats: :json_or_map], "The result of `Specter.PeerConnection.get_stats/3`."},
    connection_report:
      {[:pc, :json],
       "The result of `Specter.PeerConnection.get_report/2`; with `connection_reports: true` also when connecting has ended."},
    data_channel_created: {[:pc], "A local channel was created; `:data_channel` has its id."},
    data_channel: {[:pc, :dc, :info], "A channel was created, by either side."},
    data_channel_open: {[:pc, :dc], "Messages can be sent on the channel."},
    data_channel_message: {[:pc, :dc, :kind, :data], "A message arrived."},
    buffered_amount_low:
      {[:pc, :dc], "The buffered amount fell to the threshold; after `:would_block`: retry."},
    data_channel_error:
      {[:pc, :dc, :text],
       "The channel failed; `:data_channel_closed` follows, or `:data_channel_open` with another peer."},
    data_channel_closed: {[:pc, :dc], "The channel is closed. It is its last message."},
    data_channel_refused:
      {[:pc, :stream, :text], "The peer tried to open a channel and was refused."},
    data_channel_passive:
      {[:pc],
       "The last message of `active: n` was delivered: call `Specter.PeerConnection.set_active/3`."},
    rtp_sender: {[:pc, :track, :sender], "The result of `Specter.PeerConnection.add_track/4`."},
    transceiver_added:
      {[:pc, :transceiver], "The result of `Specter.PeerConnection.add_transceiver/4`."},
    transceivers:
      {[:pc, infos: :transceiver_infos], "The result of `Specter.PeerConnection.transceivers/2`."},
    parameters:
      {[:pc, :sender, :parameters], "The result of `Specter.PeerConnection.get_parameters/3`."},
    parameters_set: {[:pc, :sender], "The result of `Specter.PeerConnection.set_parameters/4`."},
    receive_parameters:
      {[:pc, :transceiver, parameters: :receive_parameters],
       "The result of `Specter.PeerConnection.get_receive_parameters/3`."},
    track_replaced: {[:pc, :sender], "The result of `Specter.PeerConnection.replace_track/4`."},
    track_error: {[:pc, :text], "A call of tracks failed, or a sample could not be sent."},
    track:
      {[:pc, :transceiver, info: :track_info], "A track of the peer's was added, or added again."},
    track_streams_change: {[:pc, :transceiver, :streams], "The peer's track changed streams."},
    track_muted: {[:pc, :transceiver], "Nothing of the peer's track will follow for now."},
    track_unmuted: {[:pc, :transceiver], "Packets of the peer's track arrive."},
    track_ended:
      {[:pc, :transceiver], "The transceiver is stopped, by either side. It is its last message."},
    frame: {[:pc, :transceiver, :frame], "A frame of the peer's track arrived."},
    rtp:
      {[:pc, :transceiver, :rid, :packets],
       "RTP packets arrived; see `Specter.PeerConnection.set_delivery/4`."},
    key_frame_wanted:
      {[:pc, :sender, :rid], "The peer needs a key frame: its decoder has lost track."},
    encoding_wanted:
      {[:pc, :sender, :rid, :is_wanted], "An encoding is sent from now on, or is not."},
    bitrate_feedback:
      {[:pc, feedback: :bitrate_feedback], "What the peer says of the bitrate that reaches it."},
    playback_finished: {[:track], "The track has played its file to the end."}
  ]

  # The one that is not called after its tag: it is written in every program.
  @names %{data_channel_message: :handle_message}

  @type t :: %{
          tag: atom,
          elements: [{name :: atom, type :: atom}, ...],
          callback: atom,
          arity: pos_integer,
          words: String.t()
        }

  # Each: its tag, what follows the tag, and the callback, which takes that and the state.
  @spec all() :: [t, ...]
  def all do
    for {tag, {elements, words}} <- @messages do
      callback = @names[tag] || :"handle_#{tag}"
      arity = length(elements) + 1
      elements = for element <- elements, do: with_type(element)
      %{tag: tag, elements: elements, callback: callback, arity: arity, words: words}
    end
  end

  defp with_type({name, type}), do: {name, type}
  defp with_type(name), do: {name, name}

  # A type, as a typespec has it.
  @spec type(atom) :: Macro.t()
  def type(:pc), do: quote(do: PeerConnection.t())
  def type(:dc), do: quote(do: DataChannel.t())
  def type(:track), do: quote(do: TrackLocal.t())
  def type(:sender), do: quote(do: PeerConnection.transceiver())
  def type(:transceiver), do: quote(do: PeerConnection.transceiver())
  def type(:transceiver_infos), do: quote(do: [PeerConnection.transceiver_info()])
  def type(:parameters), do: quote(do: PeerConnection.parameters())
  def type(:receive_parameters), do: quote(do: PeerConnection.receive_parameters())
  def type(:track_info), do: quote(do: PeerConnection.track_info())
  def type(:streams), do: quote(do: [String.t()])
  def type(:frame), do: quote(do: PeerConnection.frame())
  def type(:rid), do: quote(do: String.t())
  def type(:packets), do: quote(do: [binary])
  def type(:is_wanted), do: quote(do: boolean)
  def type(:bitrate_feedback), do: quote(do: PeerConnection.bitrate_feedback())
  def type(:json), do: quote(do: String.t())
  def type(:json_or_map), do: quote(do: String.t() | map)
  def type(:json_or_nil), do: quote(do: String.t() | nil)
  def type(:text), do: quote(do: String.t())
  def type(:failure), do: quote(do: PeerConnection.failure())
  def type(:stream), do: quote(do: 0..65_535)
  def type(:info), do: quote(do: DataChannel.info())
  def type(:kind), do: quote(do: DataChannel.kind())
  def type(:data), do: quote(do: binary)
  def type(:connection_state), do: quote(do: PeerConnection.connection_state_t())
  def type(:ice_connection_state), do: quote(do: PeerConnection.ice_connection_state_t())
  def type(:ice_gathering_state), do: quote(do: PeerConnection.ice_gathering_state_t())
  def type(:signaling_state), do: quote(do: PeerConnection.signaling_state_t())

  def type(:operation) do
    quote(do: :set_local_description | :set_remote_description | :add_ice_candidate)
  end
end
