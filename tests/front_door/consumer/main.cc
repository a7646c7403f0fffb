#include <cstdio>

#include <specter/specter.h>

int main() {
  specter::Mailbox inbox;
  std::printf("%s %zu\n", specter::version(), inbox.size());
}
