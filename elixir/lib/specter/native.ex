defmodule Specter.Native do
  @moduledoc false
  # The stubs of c_src/functions.h, which has this table from its other side. Each returns at once; a
  # term of the wrong type raises ArgumentError.

  @on_load :load

  @type result :: :ok | {:error, :not_found | :would_block}
  @type json_result :: result | {:error, :invalid_json}

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

  @spec new_media_engine(reference) :: {:ok, Specter.media_engine_t()} | {:error, :not_found}
  def new_media_engine(_specter), do: stub()

  @spec media_engine_exists(reference, Specter.media_engine_t()) :: boolean
  def media_engine_exists(_specter, _media_engine), do: stub()

  @spec new_registry(reference, Specter.media_engine_t()) ::
          {:ok, Specter.registry_t()} | {:error, :not_found}
  def new_registry(_specter, _media_engine), do: stub()

  @spec registry_exists(reference, Specter.registry_t()) :: boolean
  def registry_exists(_specter, _registry), do: stub()

  @spec new_api(reference, Specter.media_engine_t(), Specter.registry_t()) ::
          {:ok, Specter.api_t()} | {:error, :not_found}
  def new_api(_specter, _media_engine, _registry), do: stub()

  @spec new_track(reference, Specter.RtpCodecCapability.t(), String.t(), String.t()) ::
          {:ok, Specter.TrackLocalStaticSample.t()} | {:error, :not_found}
  def new_track(_specter, _codec, _id, _stream_id), do: stub()

  @spec track_exists(reference, Specter.TrackLocalStaticSample.t()) :: boolean
  def track_exists(_specter, _track), do: stub()

  # Who called init.
  @spec owner(reference) :: pid
  def owner(_specter), do: stub()

  @spec new_peer_connection(reference, Specter.api_t(), Specter.PeerConnection.active(), map) ::
          {:ok, Specter.PeerConnection.t()} | {:error, :not_found}
  def new_peer_connection(_specter, _api, _active, _options), do: stub()

  @spec peer_connection_exists(reference, Specter.PeerConnection.t()) :: boolean
  def peer_connection_exists(_specter, _pc), do: stub()

  @spec close_peer_connection(reference, Specter.PeerConnection.t()) ::
          :ok | {:error, :not_found}
  def close_peer_connection(_specter, _pc), do: stub()

  @spec set_active(reference, Specter.PeerConnection.t(), Specter.PeerConnection.active()) ::
          :ok | {:error, :not_found | :einval}
  def set_active(_specter, _pc, _active), do: stub()

  # To a process of this node. After :forward, which is for the owner itself, comes hand_over.
  @spec give(reference, Specter.PeerConnection.t(), pid, is_proxy :: boolean) ::
          :ok | :forward | {:error, :not_found | :noproc | :would_block}
  def give(_specter, _pc, _pid, _is_proxy), do: stub()

  @spec hand_over(reference, Specter.PeerConnection.t()) :: :ok | {:error, :not_found}
  def hand_over(_specter, _pc), do: stub()

  @spec create_data_channel(reference, Specter.PeerConnection.t(), String.t(), map) :: result
  def create_data_channel(_specter, _pc, _label, _options), do: stub()

  @spec add_track(reference, Specter.PeerConnection.t(), Specter.TrackLocalStaticSample.t()) ::
          result | {:error, :invalid_track}
  def add_track(_specter, _pc, _track), do: stub()

  @type transceiver_result :: result | {:error, :invalid_transceiver}

  @spec remove_track(reference, Specter.PeerConnection.t(), Specter.PeerConnection.transceiver()) ::
          transceiver_result
  def remove_track(_specter, _pc, _transceiver), do: stub()

  # An empty track is none.
  @spec replace_track(
          reference,
          Specter.PeerConnection.t(),
          Specter.PeerConnection.transceiver(),
          Specter.TrackLocalStaticSample.t()
        ) :: transceiver_result | {:error, :invalid_track}
  def replace_track(_specter, _pc, _transceiver, _track), do: stub()

  @spec set_delivery(
          reference,
          Specter.PeerConnection.t(),
          Specter.PeerConnection.transceiver(),
          :frames | :rtp
        ) :: transceiver_result
  def set_delivery(_specter, _pc, _transceiver, _delivery), do: stub()

  @spec request_key_frame(
          reference,
          Specter.PeerConnection.t(),
          Specter.PeerConnection.transceiver(),
          String.t()
        ) :: transceiver_result
  def request_key_frame(_specter, _pc, _transceiver, _rid), do: stub()

  # The duration is in nanoseconds; a temporal layer of 255 is none.
  @spec write_sample(
          reference,
          Specter.TrackLocalStaticSample.t(),
          binary,
          non_neg_integer,
          String.t(),
          non_neg_integer
        ) :: :ok | {:error, :invalid_track | :invalid_sample}
  def write_sample(_specter, _track, _data, _duration, _rid, _temporal_id), do: stub()

  @spec create_offer(reference, Specter.PeerConnection.t(), boolean) :: result
  def create_offer(_specter, _pc, _ice_restart), do: stub()

  @spec create_answer(reference, Specter.PeerConnection.t()) :: result
  def create_answer(_specter, _pc), do: stub()

  @spec restart_ice(reference, Specter.PeerConnection.t()) :: result
  def restart_ice(_specter, _pc), do: stub()

  @spec set_ice_servers(reference, Specter.PeerConnection.t(), map) ::
          result | {:error, String.t()}
  def set_ice_servers(_specter, _pc, _options), do: stub()

  @spec set_local_description(reference, Specter.PeerConnection.t(), String.t()) :: json_result
  def set_local_description(_specter, _pc, _json), do: stub()

  @spec set_remote_description(reference, Specter.PeerConnection.t(), String.t()) :: json_result
  def set_remote_description(_specter, _pc, _json), do: stub()

  @spec add_ice_candidate(reference, Specter.PeerConnection.t(), String.t()) :: json_result
  def add_ice_candidate(_specter, _pc, _json), do: stub()

  @spec local_description(reference, Specter.PeerConnection.t()) :: result
  def local_description(_specter, _pc), do: stub()

  @spec current_local_description(reference, Specter.PeerConnection.t()) :: result
  def current_local_description(_specter, _pc), do: stub()

  @spec pending_local_description(reference, Specter.PeerConnection.t()) :: result
  def pending_local_description(_specter, _pc), do: stub()

  @spec remote_description(reference, Specter.PeerConnection.t()) :: result
  def remote_description(_specter, _pc), do: stub()

  @spec current_remote_description(reference, Specter.PeerConnection.t()) :: result
  def current_remote_description(_specter, _pc), do: stub()

  @spec pending_remote_description(reference, Specter.PeerConnection.t()) :: result
  def pending_remote_description(_specter, _pc), do: stub()

  @spec connection_state(reference, Specter.PeerConnection.t()) :: result
  def connection_state(_specter, _pc), do: stub()

  @spec ice_connection_state(reference, Specter.PeerConnection.t()) :: result
  def ice_connection_state(_specter, _pc), do: stub()

  @spec ice_gathering_state(reference, Specter.PeerConnection.t()) :: result
  def ice_gathering_state(_specter, _pc), do: stub()

  @spec signaling_state(reference, Specter.PeerConnection.t()) :: result
  def signaling_state(_specter, _pc), do: stub()

  @spec get_stats(reference, Specter.PeerConnection.t()) :: result
  def get_stats(_specter, _pc), do: stub()

  @spec get_report(reference, Specter.PeerConnection.t()) :: result
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

  # How many there are in the VM: Specters that are open, connections, and sets of event loops.
  @spec counters() :: {non_neg_integer, non_neg_integer, non_neg_integer}
  def counters, do: stub()

  # Of the whole VM: "ice=debug,dtls=info". Records go to a process of this node.
  @spec set_log(String.t(), pid) :: :ok
  def set_log(_levels, _pid), do: stub()

  @spec log_number(reference, Specter.PeerConnection.t()) ::
          {:ok, pos_integer} | {:error, :not_found}
  def log_number(_specter, _pc), do: stub()

  defp stub, do: :erlang.nif_error(:nif_not_loaded)
end
