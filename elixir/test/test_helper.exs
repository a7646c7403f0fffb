# Nothing here waits for a message that does not come, so patience costs nothing; and the host of a
# virtual machine may stop it for longer than ExUnit's 100 ms. That the replies of the lifecycle
# document take less is asked of the median, in lifecycle_test.exs. For the same reason a test has five
# minutes and not one.
#
# The long runs: mix test --only long
ExUnit.start(exclude: [:long], assert_receive_timeout: 10_000, timeout: 300_000)
