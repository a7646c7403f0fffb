defmodule Specter.Messages do
  @moduledoc false
  # The messages that processes get, in one table. `Specter.Handler` makes its callbacks of it, and
  # tests hold it against the documentation and the native side.

  alias Specter.{DataChannel, PeerConnection, TrackLocalStaticSample}

  # tag: {what follows it, when it comes}. What follows is an atom, its name and type, or has both.
  @messages [
    peer_connection_ready: {[:pc], "The connection can be used."},
    peer_connection_error: {[:pc], "The connection could not be made."},
    peer_connection_closed:
      {[:pc], "The connection is closed; no message of it comes after this one."},
    negotiation_needed: {[:pc], "There is something new to negotiate: make an offer."},
    offer: {[:pc, :json], "What `Specter.PeerConnection.create_offer/3` made."},
    offer_error:
      {[:pc, :text], "No offer could be made, or no data channel be added to the next one."},
    answer: {[:pc, :json], "What `Specter.PeerConnection.create_answer/3` made."},
    answer_error: {[:pc, :text], "No answer could be made."},
    ok: {[:pc, :operation], "A description or a candidate was taken: `operation` says by what."},
    invalid_local_description:
      {[:pc, :text], "`Specter.PeerConnection.set_local_description/3` did not take it."},
    invalid_remote_description:
      {[:pc, :text], "`Specter.PeerConnection.set_remote_description/3` did not take it."},
    candidate_error:
      {[:pc, :text], "`Specter.PeerConnection.add_ice_candidate/3` did not take it."},
    ice_candidate:
      {[:pc, :json], "An address was found by which the peer may reach us: tell the peer."},
    connection_failed:
      {[:pc, :failure, :text],
       "Why the connection is `:failed`; `:connection_state_change` follows."},
    connection_state_change: {[:pc, :connection_state], "The state of the whole changed."},
    ice_connection_state_change: {[:pc, :ice_connection_state], "The state of ICE changed."},
    ice_gathering_state_change:
      {[:pc, :ice_gathering_state], "The search for candidates went on, or ended."},
    signaling_state_change: {[:pc, :signaling_state], "The negotiation went on."},
    connection_state:
      {[:pc, :connection_state], "The answer to `Specter.PeerConnection.connection_state/2`."},
    ice_connection_state:
      {[:pc, :ice_connection_state],
       "The answer to `Specter.PeerConnection.ice_connection_state/2`."},
    ice_gathering_state:
      {[:pc, :ice_gathering_state],
       "The answer to `Specter.PeerConnection.ice_gathering_state/2`."},
    signaling_state:
      {[:pc, :signaling_state], "The answer to `Specter.PeerConnection.signaling_state/2`."},
    local_description:
      {[:pc, json: :json_or_nil], "The answer to `Specter.PeerConnection.local_description/2`."},
    current_local_description:
      {[:pc, json: :json_or_nil],
       "The answer to `Specter.PeerConnection.current_local_description/2`."},
    pending_local_description:
      {[:pc, json: :json_or_nil],
       "The answer to `Specter.PeerConnection.pending_local_description/2`."},
    remote_description:
      {[:pc, json: :json_or_nil], "The answer to `Specter.PeerConnection.remote_description/2`."},
    current_remote_description:
      {[:pc, json: :json_or_nil],
       "The answer to `Specter.PeerConnection.current_remote_description/2`."},
    pending_remote_description:
      {[:pc, json: :json_or_nil],
       "The answer to `Specter.PeerConnection.pending_remote_description/2`."},
    stats: {[:pc, :json], "The answer to `Specter.PeerConnection.get_stats/2`."},
    data_channel_created:
      {[:pc], "A channel of our own is there; `:data_channel` tells its id and more."},
    data_channel: {[:pc, :dc, :info], "There is a channel, ours or the peer's: what it is."},
    data_channel_open: {[:pc, :dc], "Messages may be sent on the channel."},
    data_channel_message: {[:pc, :dc, :kind, :data], "The peer sent a message."},
    buffered_amount_low:
      {[:pc, :dc], "What waits to be sent fell to the threshold; after `:would_block`: go on."},
    data_channel_error: {[:pc, :dc, :text], "The channel failed; that it is closed follows."},
    data_channel_closed:
      {[:pc, :dc], "The channel is closed; no message of it comes after this one."},
    data_channel_refused:
      {[:pc, :stream, :text], "The peer began to open a channel that can't be taken."},
    data_channel_passive:
      {[:pc],
       "The last message of `active: n` has come: `Specter.PeerConnection.set_active/3` asks for more."},
    rtp_sender: {[:pc, :track, :sender], "The track was added."},
    playback_finished: {[:track], "The file that the track played is at its end."}
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
  def type(:track), do: quote(do: TrackLocalStaticSample.t())
  def type(:sender), do: quote(do: String.t())
  def type(:json), do: quote(do: String.t())
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
