// What all connections share of OpenSSL's configuration.
#pragma once

struct ssl_ctx_st;         // SSL_CTX
struct x509_store_ctx_st;  // X509_STORE_CTX

namespace specter::dtls {

// The one SSL_CTX: it holds nothing of any connection, is never changed once made, and never freed.
// Making one costs 0.2 ms, a quarter of an end's handshake, and 13 KiB, which connections thus
// don't pay.
ssl_ctx_st* shared_context();

// In session.cc: judges the certificate of the peer whose handshake asks. 1: it may go on.
int judge_certificate(x509_store_ctx_st* store, void* unused);

}  // namespace specter::dtls
