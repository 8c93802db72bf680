// Times the C code that Pinocchio generates with CppADCodeGen for one robot: the derivative-free algorithms are taped
// once, printed as straight-line C, compiled by the compiler in CODEGEN_COMPILER with CODEGEN_FLAGS into CODEGEN_FOLDER,
// and loaded. The library is kept there for the next run. See benchmark.hpp.

#include <pinocchio/codegen/cppadcg-algo.hpp>

#include "pinocchio_model.hpp"

/// Without the Jacobian's code, which takes long and is not timed.
template <class Base> struct Generated : Base {
  Generated(const pin::Model &model, const std::string &name, const std::string &path) : Base(model, name, path) {
    this->build_jacobian = false;
    this->initLib();
    this->loadLib(true, std::getenv("CODEGEN_COMPILER"), std::getenv("CODEGEN_FLAGS"));
  }
  const Eigen::VectorXd &result() const { return this->y; }
};

int main(int argc, char **argv) {
  const Clock clock(argc, argv);
  const std::vector<Body> bodies = read_tree(argv[1]);
  const pin::Model model = pinocchio_model(bodies);
  std::vector<PinocchioState> s;
  for (const State &state : random_states(bodies)) s.emplace_back(model, state);
  const std::string robot = std::string(argv[1]).substr(std::string(argv[1]).rfind('/') + 1);
  const std::string folder = std::string(std::getenv("CODEGEN_FOLDER")) + "/" + robot;
  const size_t n = size_t(model.nv);

  Generated<pin::CodeGenRNEA<double>> rnea(model, "rnea", folder + "_rnea");
  rnea.evalFunction(s[0].q, s[0].v, s[0].a);
  check("rnea", rnea.result(), n);
  clock.report("rnea", [&](int i) { rnea.evalFunction(s[size_t(i)].q, s[size_t(i)].v, s[size_t(i)].a); });

  Generated<pin::CodeGenCRBA<double>> crba(model, "crba", folder + "_crba");
  clock.report("crba", [&](int i) { crba.evalFunction(s[size_t(i)].q); });

  Generated<pin::CodeGenABA<double>> aba(model, "aba", folder + "_aba");
  aba.evalFunction(s[0].q, s[0].v, s[0].tau);
  check("aba", aba.result(), n);
  clock.report("aba", [&](int i) { aba.evalFunction(s[size_t(i)].q, s[size_t(i)].v, s[size_t(i)].tau); });
  return 0;
}
