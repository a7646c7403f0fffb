#include <specter/specter.h>

#include <cstdio>

int main() {
  specter::Mailbox inbox;
  std::printf("%s %zu\n", specter::version(), inbox.size());
}
