defmodule Mix.Tasks.Compile.SpecterNative do
  @moduledoc false
  # Builds the NIF by CMake, and puts it where `:code.priv_dir(:specter)` finds it. It stands here,
  # since a task in lib/ is not compiled yet when the compilers start.
  #
  # The C++ library is built once for all Mix environments and all projects that use this checkout.
  #
  #   SPECTER_BUILD_DIR   where; default: build/elixir beside this folder
  #   SPECTER_SANITIZE    sanitizers to build with ("address"); in a build folder of its own
  #   SPECTER_JOBS        how many compilers at once; default: 2

  use Mix.Task.Compiler

  @root Path.expand("..", __DIR__)
  @source Path.join(__DIR__, "c_src")

  @impl true
  def run(_args) do
    build = build_dir()
    configure(build)
    jobs = System.get_env("SPECTER_JOBS", "2")
    cmake!(["--build", build, "--target", "specter_nif", "--parallel", jobs])
    install(Path.join(build, "specter_nif.so"), Path.join(priv(), "specter_nif.so"))
  end

  @impl true
  def clean do
    File.rm_rf!(priv())
    File.rm_rf!(build_dir())
    :ok
  end

  defp priv, do: Path.join(Mix.Project.app_path(), "priv")

  defp sanitizers, do: System.get_env("SPECTER_SANITIZE", "")

  defp build_dir do
    name = if sanitizers() == "", do: "elixir", else: "elixir-" <> sanitizers()
    System.get_env("SPECTER_BUILD_DIR") || Path.join([@root, "build", name])
  end

  # CMake looks itself whether its files have changed: it is asked again for other options only.
  defp configure(build) do
    args = ["-S", @source, "-B", build | options()]
    stamp = Path.join(build, "specter_nif.configured")

    if File.read(stamp) != {:ok, Enum.join(args, "\n")} do
      cmake!(args)
      File.write!(stamp, Enum.join(args, "\n"))
    end
  end

  defp options do
    generator = if System.find_executable("ninja"), do: ["-G", "Ninja"], else: []
    type = if sanitizers() == "", do: "Release", else: "RelWithDebInfo"

    generator ++
      [
        "-DCMAKE_BUILD_TYPE=#{type}",
        "-DERL_INCLUDE=#{erl_include()}",
        "-DSPECTER_ROOT=#{@root}",
        "-DSPECTER_SANITIZE=#{sanitizers()}"
      ]
  end

  defp erl_include do
    include = Path.join([to_string(:code.root_dir()), "usr", "include"])

    if not File.exists?(Path.join(include, "erl_nif.h")) do
      Mix.raise("There is no erl_nif.h in #{include}. On Debian: apt-get install erlang-dev")
    end

    include
  end

  # Renamed into its place: a VM that has the old one loaded keeps it whole.
  defp install(from, to) do
    built = File.read!(from)

    if File.read(to) == {:ok, built} do
      {:noop, []}
    else
      File.mkdir_p!(Path.dirname(to))
      File.write!(to <> ".new", built)
      File.rename!(to <> ".new", to)
      {:ok, []}
    end
  end

  # Quiet, but for how far it is; all that was printed is shown when it fails.
  defp cmake!(args) do
    cmake =
      System.find_executable("cmake") ||
        Mix.raise("cmake was not found, which builds Specter's native code")

    port =
      Port.open({:spawn_executable, cmake}, [
        :binary,
        :exit_status,
        :stderr_to_stdout,
        line: 4096,
        args: args,
        env: [{'NINJA_STATUS', '[%f/%t] '}]
      ])

    follow(port, [], -1)
  end

  defp follow(port, output, shown) do
    receive do
      {^port, {:data, {:eol, line}}} -> follow(port, [output, line, ?\n], show(line, shown))
      {^port, {:data, {:noeol, part}}} -> follow(port, [output, part], shown)
      {^port, {:exit_status, 0}} -> :ok
      {^port, {:exit_status, status}} -> failed(output, status)
    end
  end

  @spec failed(iodata, pos_integer) :: no_return
  defp failed(output, status) do
    Mix.shell().error(IO.iodata_to_binary(output))
    Mix.raise("Specter's native code could not be built: cmake ended with #{status}")
  end

  # A line for each quarter of a build that is long enough for it.
  defp show(line, shown) do
    percent =
      case Regex.run(~r/^\[ *(\d+)(?:\/(\d+)\]|%\])/, line) do
        [_, done, total] -> percent(String.to_integer(done), String.to_integer(total))
        [_, percent] -> String.to_integer(percent)
        nil -> -1
      end

    quarter = if percent < 0, do: -1, else: div(percent, 25) * 25

    if quarter > shown do
      Mix.shell().info("Specter's native code: #{quarter} % built")
      quarter
    else
      shown
    end
  end

  defp percent(done, total) when total > 8, do: div(done * 100, total)
  defp percent(_done, _total), do: -1
end

defmodule Specter.MixProject do
  use Mix.Project

  @version "0.1.0"
  @source_url "https://github.com/specter-webrtc/specter"

  def project do
    [
      app: :specter,
      version: @version,
      elixir: "~> 1.14",
      elixirc_paths: elixirc_paths(Mix.env()),
      compilers: [:specter_native | Mix.compilers()],
      start_permanent: Mix.env() == :prod,
      deps: [],
      description: "WebRTC peer connections in C++, told by messages",
      package: package(),
      docs: docs(),
      test_coverage: [ignore_modules: [Specter.Native], summary: [threshold: 90]]
    ]
  end

  def application, do: [extra_applications: []]

  defp elixirc_paths(:test), do: ["lib", "test/support"]
  defp elixirc_paths(_env), do: ["lib"]

  defp package do
    [
      files: ~w(lib c_src guides mix.exs .formatter.exs README.md CHANGELOG.md),
      links: %{"GitHub" => @source_url}
    ]
  end

  defp docs do
    [
      main: "readme",
      extras: [
        "README.md",
        "guides/lifecycle.md",
        "guides/flow_control.md",
        "guides/supervision.md",
        "CHANGELOG.md"
      ],
      groups_for_extras: [Guides: ~r"guides/"],
      groups_for_modules: [
        Connections: [Specter, Specter.PeerConnection, Specter.DataChannel, Specter.Config],
        Processes: [Specter.Handler, Specter.Telemetry],
        Media: [Specter.TrackLocalStaticSample, Specter.RtpCodecCapability]
      ],
      source_ref: "v#{@version}",
      # Of a file in the repository, where the package is a folder.
      source_url_pattern: @source_url <> "/blob/v#{@version}/elixir/%{path}#L%{line}"
    ]
  end
end
