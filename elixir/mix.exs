defmodule Mix.Tasks.Compile.SpecterNative do
  @moduledoc false
  # Builds the NIF by CMake, and puts it where `:code.priv_dir(:specter)` finds it. It stands here,
  # since a task in lib/ is not compiled yet when the compilers start.
  #
  # The C++ library is built once for all Mix environments and all projects that use this checkout. It
  # stands in the repository around this folder; in a package, in its folder `native`.
  #
  #   SPECTER_BUILD_DIR   where; default: build/elixir in the C++ library's folder
  #   SPECTER_SANITIZE    sanitizers to build with ("address"); in a build folder of its own
  #   SPECTER_JOBS        how many compilers at once; default: 2

  use Mix.Task.Compiler

  @package Path.join(__DIR__, "native")
  @root if(File.dir?(@package), do: @package, else: Path.expand("..", __DIR__))
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

defmodule Mix.Tasks.Specter.Package do
  @shortdoc "Assembles the Hex package in a folder"
  @moduledoc """
  Assembles what the Hex package has in a folder of its own, with the C++ sources that a package can't
  reach outside of it. That folder then is the project to publish:

      mix specter.package ../build/package
      cd ../build/package && mix hex.build
  """
  use Mix.Task

  @repository Path.expand("..", __DIR__)

  # What the NIF does not need: modules for tests and for the command.
  @left_out ~w(src/cli src/simulation src/world src/testing)

  @impl true
  def run([to]) do
    to = Path.expand(to)
    if File.exists?(to), do: Mix.raise("#{to} exists already")

    for name <- Specter.MixProject.files(), name != "native" do
      from = if name in ~w(LICENSE NOTICE), do: @repository, else: __DIR__
      copy(Path.join(from, name), Path.join(to, name))
    end

    for name <- native(), do: copy(Path.join(@repository, name), Path.join([to, "native", name]))
    Mix.shell().info("The package is in #{to}")
  end

  def run(_arguments), do: Mix.raise("mix specter.package FOLDER")

  # The files of the C++ library, by their names in the repository.
  defp native do
    files = ["CMakeLists.txt" | Enum.flat_map(~w(cmake include src), &files/1)]

    Enum.reject(files, fn name ->
      String.ends_with?(name, ["_test.cc", ".md"]) or String.starts_with?(name, left_out())
    end)
  end

  defp left_out, do: Enum.map(@left_out, &(&1 <> "/"))

  defp files(folder) do
    paths = Path.wildcard(Path.join([@repository, folder, "**"]))
    for path <- paths, File.regular?(path), do: Path.relative_to(path, @repository)
  end

  defp copy(from, to) do
    File.mkdir_p!(Path.dirname(to))
    File.cp_r!(from, to)
  end
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
      aliases: aliases(),
      name: "Specter",
      description:
        "WebRTC peer connections and data channels, on a library in C++: " <>
          "non-blocking calls, and events as messages",
      source_url: @source_url,
      package: package(),
      docs: docs(),
      test_coverage: [ignore_modules: [Specter.Native], summary: [threshold: 90]]
    ]
  end

  def application, do: [extra_applications: []]

  defp elixirc_paths(:test), do: ["lib", "test/support"]
  defp elixirc_paths(_env), do: ["lib"]

  # What the package has; `native` is there once `mix specter.package` has assembled it.
  @doc false
  def files do
    ~w(lib c_src native guides mix.exs .formatter.exs README.md CHANGELOG.md LICENSE NOTICE)
  end

  defp package do
    [
      licenses: ["Apache-2.0"],
      links: %{
        "GitHub" => @source_url,
        "Changelog" => @source_url <> "/blob/main/elixir/CHANGELOG.md"
      },
      files: files()
    ]
  end

  defp aliases do
    for task <- [:"hex.build", :"hex.publish"], do: {task, [&assembled!/1, "#{task}"]}
  end

  # A package without its C++ would be published as readily as a whole one.
  defp assembled!(_arguments) do
    if not File.dir?(Path.join(__DIR__, "native")) do
      Mix.raise("The package has to be assembled first: mix help specter.package")
    end
  end

  defp docs do
    [
      main: "readme",
      extras: [
        "README.md",
        "guides/lifecycle.md",
        "guides/flow_control.md",
        "guides/tracks.md",
        "guides/supervision.md",
        "CHANGELOG.md"
      ],
      groups_for_extras: [Guides: ~r"guides/"],
      groups_for_modules: [
        Connections: [
          Specter,
          Specter.PeerConnection,
          Specter.DataChannel,
          Specter.MediaEngine,
          Specter.Config
        ],
        Processes: [Specter.Handler, Specter.Telemetry],
        Media: [
          Specter.TrackLocal,
          Specter.TrackLocalStaticSample,
          Specter.TrackLocalStaticRtp,
          Specter.RtpCodecCapability,
          Specter.RtpCodecParameters
        ]
      ],
      source_ref: "v#{@version}",
      # Of a file in the repository, where the package is a folder.
      source_url_pattern: @source_url <> "/blob/v#{@version}/elixir/%{path}#L%{line}"
    ]
  end
end
