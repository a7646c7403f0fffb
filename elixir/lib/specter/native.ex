defmodule Specter.Native do
  @moduledoc false
  # The stubs of c_src/functions.h, which has this table from its other side. Each returns at once; a
  # term of the wrong type raises ArgumentError.

  @on_load :load

  @type result :: :ok | {:error, :not_found | :would_block}
  @type json_result :: result | {:error, :invalid_json}
  @type transceiver_result :: result | {:error, :invalid_transceiver}
  @type pc :: Specter.PeerConnection.t()
  @type transceiver :: Specter.PeerConnection.transceiver()
  @type track :: Specter.TrackLocal.t()
  @type kind :: :audio | :video

  @doc false
  def load do
    :specter
    |> :code.priv_dir()
    |> :filename.join('specter_nif')
    |> :erlang.load_nif(0)
  end

  @spec init(map) :: {:ok, reference} | {:error, :invalid_configuration | :webrtc_error}
  def init(_config), do: stub()

  @spec close(reference) :: :ok
  def close(_specter), do: stub()

  @spec config(reference) :: map
  def config(_specter), do: stub()

  # Each connection option with its default.
  @spec default_options :: map
  def default_options, do: stub()

  @spec generate_certificate(String.t()) :: {:ok, reference}
  def generate_certificate(_type), do: stub()

  @spec new_media_engine(reference, boolean) ::
          {:ok, Specter.media_engine_t()} | {:error, :not_found}
  def new_media_engine(_specter, _with_default_codecs), do: stub()

  @spec media_engine_exists(reference, Specter.media_engine_t()) :: boolean
  def media_engine_exists(_specter, _media_engine), do: stub()

  @spec new_registry(reference, Specter.media_engine_t(), boolean) ::
          {:ok, Specter.registry_t()} | {:error, :not_found}
  def new_registry(_specter, _media_engine, _with_default_interceptors), do: stub()

  @spec registry_exists(reference, Specter.registry_t()) :: boolean
  def registry_exists(_specter, _registry), do: stub()

  @spec new_api(reference, Specter.media_engine_t(), Specter.registry_t()) ::
          {:ok, Specter.api_t()} | {:error, :not_found}
  def new_api(_specter, _media_engine, _registry), do: stub()

  @spec codecs(reference, Specter.media_engine_t()) ::
          {:ok, [Specter.RtpCodecParameters.t()]} | {:error, :not_found}
  def codecs(_specter, _media_engine), do: stub()

  @spec register_codec(reference, Specter.media_engine_t(), Specter.RtpCodecParameters.t()) ::
          :ok | {:error, :not_found | :invalid_codec}
  def register_codec(_specter, _media_engine, _codec), do: stub()

  @spec header_extensions(reference, Specter.media_engine_t()) ::
          {:ok, [Specter.MediaEngine.header_extension()]} | {:error, :not_found}
  def header_extensions(_specter, _media_engine), do: stub()

  @spec register_header_extension(reference, Specter.media_engine_t(), kind, String.t()) ::
          :ok | {:error, :not_found | :invalid_uri}
  def register_header_extension(_specter, _media_engine, _kind, _uri), do: stub()

  @spec register_feedback(reference, Specter.media_engine_t(), kind, String.t()) ::
          :ok | {:error, :not_found}
  def register_feedback(_specter, _media_engine, _kind, _feedback), do: stub()

  @spec new_track(reference, Specter.TrackLocal.codec(), String.t(), String.t()) ::
          {:ok, Specter.TrackLocalStaticSample.t()} | {:error, :not_found}
  def new_track(_specter, _codec, _id, _stream_id), do: stub()

  @spec new_rtp_track(reference, Specter.TrackLocal.codec(), String.t(), String.t()) ::
          {:ok, Specter.TrackLocalStaticRtp.t()} | {:error, :not_found}
  def new_rtp_track(_specter, _codec, _id, _stream_id), do: stub()

  @spec track_exists(reference, track) :: boolean
  def track_exists(_specter, _track), do: stub()

  @spec track_info(reference, track) ::
          {:ok, Specter.TrackLocal.info()} | {:error, :invalid_track}
  def track_info(_specter, _track), do: stub()

  @spec delete_track(reference, track) :: :ok | {:error, :invalid_track}
  def delete_track(_specter, _track), do: stub()

  # Who called init.
  @spec owner(reference) :: pid
  def owner(_specter), do: stub()

  @spec new_peer_connection(reference, Specter.api_t(), Specter.PeerConnection.active(), map) ::
          {:ok, pc} | {:error, :not_found}
  def new_peer_connection(_specter, _api, _active, _options), do: stub()

  @spec peer_connection_exists(reference, pc) :: boolean
  def peer_connection_exists(_specter, _pc), do: stub()

  @spec close_peer_connection(reference, pc) ::
          :ok | {:error, :not_found}
  def close_peer_connection(_specter, _pc), do: stub()

  @spec set_active(reference, pc, Specter.PeerConnection.active()) ::
          :ok | {:error, :not_found | :einval}
  def set_active(_specter, _pc, _active), do: stub()

  # To a process of this node. :forward is for the owner itself: then comes hand_over.
  @spec give(reference, pc, pid, is_proxy :: boolean) ::
          :ok | {:forward, reference} | {:error, :not_found | :noproc | :would_block}
  def give(_specter, _pc, _pid, _is_proxy), do: stub()

  @spec hand_over(reference) :: :ok
  def hand_over(_forward), do: stub()

  @spec create_data_channel(reference, pc, String.t(), map) :: result
  def create_data_channel(_specter, _pc, _label, _options), do: stub()

  @spec add_track(reference, pc, track, [String.t()]) :: result | {:error, :invalid_track}
  def add_track(_specter, _pc, _track, _streams), do: stub()

  @spec add_transceiver(reference, pc, kind | track, map) :: result | {:error, :invalid_track}
  def add_transceiver(_specter, _pc, _kind_or_track, _init), do: stub()

  @spec transceivers(reference, pc) :: result
  def transceivers(_specter, _pc), do: stub()

  @spec set_bitrate_estimate(reference, pc, non_neg_integer) :: result
  def set_bitrate_estimate(_specter, _pc, _bits_per_second), do: stub()

  @spec remove_track(reference, pc, transceiver) :: transceiver_result
  def remove_track(_specter, _pc, _transceiver), do: stub()

  @spec replace_track(reference, pc, transceiver, track | nil) ::
          transceiver_result | {:error, :invalid_track}
  def replace_track(_specter, _pc, _transceiver, _track), do: stub()

  @spec set_direction(reference, pc, transceiver, Specter.PeerConnection.direction()) ::
          transceiver_result
  def set_direction(_specter, _pc, _transceiver, _direction), do: stub()

  @spec set_streams(reference, pc, transceiver, [String.t()]) :: transceiver_result
  def set_streams(_specter, _pc, _transceiver, _streams), do: stub()

  @spec set_codec_preferences(reference, pc, transceiver, [Specter.TrackLocal.codec()]) ::
          transceiver_result
  def set_codec_preferences(_specter, _pc, _transceiver, _codecs), do: stub()

  @spec stop_transceiver(reference, pc, transceiver) :: transceiver_result
  def stop_transceiver(_specter, _pc, _transceiver), do: stub()

  @spec get_parameters(reference, pc, transceiver) :: transceiver_result
  def get_parameters(_specter, _pc, _transceiver), do: stub()

  @spec set_parameters(reference, pc, transceiver, Specter.PeerConnection.parameters()) ::
          transceiver_result
  def set_parameters(_specter, _pc, _transceiver, _parameters), do: stub()

  @spec get_receive_parameters(reference, pc, transceiver) :: transceiver_result
  def get_receive_parameters(_specter, _pc, _transceiver), do: stub()

  @spec set_delivery(reference, pc, transceiver, :frames | :rtp) :: transceiver_result
  def set_delivery(_specter, _pc, _transceiver, _delivery), do: stub()

  @spec request_key_frame(reference, pc, transceiver, String.t()) :: transceiver_result
  def request_key_frame(_specter, _pc, _transceiver, _rid), do: stub()

  # Both times are in nanoseconds.
  @spec write_sample(
          reference,
          Specter.TrackLocalStaticSample.t(),
          binary,
          non_neg_integer,
          String.t(),
          non_neg_integer | nil,
          integer | nil,
          non_neg_integer | nil,
          non_neg_integer | nil
        ) :: :ok | {:error, :invalid_track | :invalid_sample}
  def write_sample(
        _specter,
        _track,
        _data,
        _duration,
        _rid,
        _temporal_id,
        _captured_at,
        _audio_level,
        _rotation
      ) do
    stub()
  end

  # :more has the packets that did not fit into this turn of the process.
  @spec write_rtp(
          reference,
          Specter.TrackLocalStaticRtp.t(),
          binary | [binary],
          String.t()
        ) :: :ok | {:more, [binary]} | {:error, :invalid_track | :invalid_packet}
  def write_rtp(_specter, _track, _packets, _rid), do: stub()

  @spec set_header_extensions(
          reference,
          Specter.TrackLocalStaticRtp.t(),
          [%{uri: String.t(), id: non_neg_integer}]
        ) :: :ok | {:error, :invalid_track}
  def set_header_extensions(_specter, _track, _header_extensions), do: stub()

  @spec create_offer(reference, pc, boolean) :: result
  def create_offer(_specter, _pc, _ice_restart), do: stub()

  @spec create_answer(reference, pc) :: result
  def create_answer(_specter, _pc), do: stub()

  @spec restart_ice(reference, pc) :: result
  def restart_ice(_specter, _pc), do: stub()

  @spec set_ice_servers(reference, pc, map) ::
          result | {:error, String.t()}
  def set_ice_servers(_specter, _pc, _options), do: stub()

  @spec set_local_description(reference, pc, String.t()) :: json_result
  def set_local_description(_specter, _pc, _json), do: stub()

  # Of an offer or an answer that is made for it.
  @spec set_local_description(reference, pc) :: result
  def set_local_description(_specter, _pc), do: stub()

  @spec set_remote_description(reference, pc, String.t()) :: json_result
  def set_remote_description(_specter, _pc, _json), do: stub()

  @spec add_ice_candidate(reference, pc, String.t()) :: json_result
  def add_ice_candidate(_specter, _pc, _json), do: stub()

  @spec local_description(reference, pc) :: result
  def local_description(_specter, _pc), do: stub()

  @spec current_local_description(reference, pc) :: result
  def current_local_description(_specter, _pc), do: stub()

  @spec pending_local_description(reference, pc) :: result
  def pending_local_description(_specter, _pc), do: stub()

  @spec remote_description(reference, pc) :: result
  def remote_description(_specter, _pc), do: stub()

  @spec current_remote_description(reference, pc) :: result
  def current_remote_description(_specter, _pc), do: stub()

  @spec pending_remote_description(reference, pc) :: result
  def pending_remote_description(_specter, _pc), do: stub()

  @spec connection_state(reference, pc) :: result
  def connection_state(_specter, _pc), do: stub()

  @spec ice_connection_state(reference, pc) :: result
  def ice_connection_state(_specter, _pc), do: stub()

  @spec ice_gathering_state(reference, pc) :: result
  def ice_gathering_state(_specter, _pc), do: stub()

  @spec signaling_state(reference, pc) :: result
  def signaling_state(_specter, _pc), do: stub()

  @spec get_stats(reference, pc, is_map :: boolean) :: result
  def get_stats(_specter, _pc, _is_map), do: stub()

  @spec get_report(reference, pc) :: result
  def get_report(_specter, _pc), do: stub()

  @spec send(reference, Specter.DataChannel.t(), Specter.DataChannel.kind(), binary) ::
          :ok | {:error, Specter.DataChannel.send_error()}
  def send(_specter, _dc, _kind, _data), do: stub()

  @spec close_data_channel(reference, Specter.DataChannel.t()) :: :ok | {:error, :not_found}
  def close_data_channel(_specter, _dc), do: stub()

  @spec buffered_amount(reference, Specter.DataChannel.t()) ::
          {:ok, non_neg_integer} | {:error, :not_found}
  def buffered_amount(_specter, _dc), do: stub()

  @spec set_buffered_amount_low_threshold(reference, Specter.DataChannel.t(), non_neg_integer) ::
          :ok | {:error, :not_found}
  def set_buffered_amount_low_threshold(_specter, _dc, _bytes), do: stub()

  # JSON as a term, whose keys are strings.
  @spec decode_json(String.t()) :: {:ok, term} | {:error, :invalid_json}
  def decode_json(_text), do: stub()

  # How many there are in the VM: Specters that are open, connections, and sets of event loops.
  @spec counters() :: {non_neg_integer, non_neg_integer, non_neg_integer}
  def counters, do: stub()

  # Of the whole VM: "ice=debug,dtls=info". Records go to a process of this node.
  @spec set_log(String.t(), pid) :: :ok
  def set_log(_levels, _pid), do: stub()

  @spec log_number(reference, pc) ::
          {:ok, pos_integer} | {:error, :not_found}
  def log_number(_specter, _pc), do: stub()

  defp stub, do: :erlang.nif_error(:nif_not_loaded)
end
