# The replies that the lifecycle document waits 100 ms for, are waited for so long: ExUnit's default.
# The long runs: mix test --only long
ExUnit.start(exclude: [:long])
