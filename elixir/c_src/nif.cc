// The table of native functions, and the loading of the library. functions.h has the functions.
#include "nif.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <utility>

#include "boundary.h"
#include "functions.h"
#include "library.h"
#include "resources.h"

#include "specter/core.h"

namespace specter::nif {

namespace {

// Parsed in well under 1 ms; what a browser writes for some channels and streams is smaller.
constexpr std::size_t kLargeText = std::size_t{16} << 10;
// Copied in some 10 us; the memory for more than twice as much is new to the process each time.
constexpr std::size_t kLargeMessage = std::size_t{64} << 10;

ErlNifFunc functions[] = {
    row<init>("init", ERL_NIF_DIRTY_JOB_IO_BOUND),
    row<close>("close"),
    row<config>("config"),
    row<default_options>("default_options"),
    row<generate_certificate>("generate_certificate", ERL_NIF_DIRTY_JOB_CPU_BOUND),
    row<new_media_engine>("new_media_engine"),
    row<media_engine_exists>("media_engine_exists"),
    row<new_registry>("new_registry"),
    row<registry_exists>("registry_exists"),
    row<new_api>("new_api"),
    row<codecs>("codecs"),
    row<register_codec>("register_codec"),
    row<header_extensions>("header_extensions"),
    row<register_header_extension>("register_header_extension"),
    row<register_feedback>("register_feedback"),
    row<new_track>("new_track"),
    row<new_rtp_track>("new_rtp_track"),
    row<track_exists>("track_exists"),
    row<track_info>("track_info"),
    row<delete_track>("delete_track"),
    row<owner>("owner"),
    row<new_peer_connection>("new_peer_connection"),
    row<peer_connection_exists>("peer_connection_exists"),
    row<close_peer_connection>("close_peer_connection"),
    row<set_active>("set_active"),
    row<give>("give"),
    row<hand_over>("hand_over"),
    row<add_track>("add_track"),
    row<add_transceiver>("add_transceiver"),
    row<transceivers>("transceivers"),
    row<set_bitrate_estimate>("set_bitrate_estimate"),
    row<remove_track>("remove_track"),
    row<replace_track>("replace_track"),
    row<set_direction>("set_direction"),
    row<set_streams>("set_streams"),
    row<set_codec_preferences>("set_codec_preferences"),
    row<stop_transceiver>("stop_transceiver"),
    row<get_parameters>("get_parameters"),
    row<set_parameters>("set_parameters"),
    row<get_receive_parameters>("get_receive_parameters"),
    row<set_delivery>("set_delivery"),
    row<request_key_frame>("request_key_frame"),
    row_by_size<write_sample, kLargeMessage>("write_sample"),
    row<write_rtp>("write_rtp"),
    row<set_header_extensions>("set_header_extensions"),
    row<create_data_channel>("create_data_channel"),
    row<create_offer>("create_offer"),
    row<create_answer>("create_answer"),
    row<restart_ice>("restart_ice"),
    row<set_ice_servers>("set_ice_servers"),
    row_by_size<set_local_description, kLargeText>("set_local_description"),
    row<set_made_local_description>("set_local_description"),
    row_by_size<set_remote_description, kLargeText>("set_remote_description"),
    row_by_size<add_ice_candidate, kLargeText>("add_ice_candidate"),
    row<local_description>("local_description"),
    row<current_local_description>("current_local_description"),
    row<pending_local_description>("pending_local_description"),
    row<remote_description>("remote_description"),
    row<current_remote_description>("current_remote_description"),
    row<pending_remote_description>("pending_remote_description"),
    row<connection_state>("connection_state"),
    row<ice_connection_state>("ice_connection_state"),
    row<ice_gathering_state>("ice_gathering_state"),
    row<signaling_state>("signaling_state"),
    row<get_stats>("get_stats"),
    row<get_report>("get_report"),
    row_by_size<send, kLargeMessage>("send"),
    row<close_data_channel>("close_data_channel"),
    row<buffered_amount>("buffered_amount"),
    row<set_buffered_amount_low_threshold>("set_buffered_amount_low_threshold"),
    row_by_size<decode_json, kLargeText>("decode_json"),
    row<counters>("counters"),
    row<set_log>("set_log"),
    row<log_number>("log_number"),
};

// ---- loading and unloading

// This image's library. A global, because the process's end has no argument; leaked, because
// threads may still look at it then.
Library* the_library = nullptr;

// Nobody names the instance any more.
void instance_dtor(ErlNifEnv*, void* object) {
  auto* instance = static_cast<InstanceRef*>(object);
  event_boundary([&] { (*instance)->close(); }, [] {});
  instance->~InstanceRef();
}

// Its owner died.
void instance_down(ErlNifEnv*, void* object, ErlNifPid*, ErlNifMonitor*) {
  event_boundary([&] { (*static_cast<InstanceRef*>(object))->abort(); }, [] {});
}

// The last process let go of a message.
void buffer_dtor(ErlNifEnv*, void* object) { static_cast<Buffer*>(object)->~Buffer(); }

void certificate_dtor(ErlNifEnv*, void* object) {
  static_cast<CertificateRef*>(object)->~CertificateRef();
}

// The process that gave a connection on has done it, or died.
void hand_over_dtor(ErlNifEnv* env, void* object) {
  auto* const of = static_cast<HandOver*>(object);
  event_boundary([&] { of->finish(env); }, [] {});
  of->~HandOver();
}

void watch_dtor(ErlNifEnv*, void* object) { static_cast<Watch::Object*>(object)->~Object(); }

// The process that a connection was given to died.
void watch_down(ErlNifEnv*, void* object, ErlNifPid*, ErlNifMonitor*) {
  event_boundary([&] { Watch::down(*static_cast<Watch::Object*>(object)); }, [] {});
}

ErlNifResourceType* open_type(ErlNifEnv* env, const char* name, ErlNifResourceDtor* dtor,
                              ErlNifResourceDown* down) {
  const ErlNifResourceTypeInit callbacks{dtor, nullptr, down, 3, nullptr};
  constexpr auto flags = ErlNifResourceFlags(ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER);
  return enif_open_resource_type_x(env, name, &callbacks, flags, nullptr);
}

bool open_types(ErlNifEnv* env, ResourceTypes& types) {
  types.instance = open_type(env, "specter", instance_dtor, instance_down);
  types.buffer = open_type(env, "specter_buffer", buffer_dtor, nullptr);
  types.watch = open_type(env, "specter_watch", watch_dtor, watch_down);
  types.certificate = open_type(env, "specter_certificate", certificate_dtor, nullptr);
  types.hand_over = open_type(env, "specter_hand_over", hand_over_dtor, nullptr);
  return types.instance != nullptr && types.buffer != nullptr && types.watch != nullptr &&
         types.certificate != nullptr && types.hand_over != nullptr;
}

// exit() runs destructors and the like, OpenSSL's among them, while threads still work with what
// they destroy. So ours stop first: handlers run in the reverse of their order, and this one comes
// after OpenSSL's, which its first use registers.
void stop_before_the_process_ends() {
  core::SystemRandom random;
  core::generate_certificate(random, std::chrono::duration_cast<std::chrono::seconds>(
                                         std::chrono::system_clock::now().time_since_epoch())
                                         .count());
  std::atexit([] { event_boundary([] { the_library->halt(); }, [] {}); });
}

bool enter(ErlNifEnv* env, void** priv_data) noexcept {
  bool entered = false;
  event_boundary(
      [&] {
        if (the_library == nullptr) {
          auto library = std::make_unique<Library>();
          stop_before_the_process_ends();
          the_library = library.release();
        }
        if (!open_types(env, the_library->types)) return;
        the_library->enter();
        *priv_data = the_library;
        entered = true;
      },
      [] {});
  return entered;
}

int load(ErlNifEnv* env, void** priv_data, Term) { return enter(env, priv_data) ? 0 : 1; }

// New code of the module with the same image of the library shares everything. Another image can't
// take over objects and threads whose code is the old one's, so it is refused, and the old goes on.
int upgrade(ErlNifEnv* env, void** priv_data, void** old_priv_data, Term) {
  if (*old_priv_data != the_library) return 1;
  return enter(env, priv_data) ? 0 : 1;
}

void unload(ErlNifEnv*, void*) {
  event_boundary([] { the_library->leave(); }, [] {});
}

}  // namespace

}  // namespace specter::nif

ERL_NIF_INIT(Elixir.Specter.Native, specter::nif::functions, specter::nif::load, nullptr,
             specter::nif::upgrade, specter::nif::unload)
