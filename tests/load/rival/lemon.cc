// SPDX-License-Identifier: AGPL-3.0-or-later
// lemon simplex|scaling FILE: the same debts cleared by LEMON's network simplex or its cost scaling, for the
// bench. Any largest clearing will do here. Prints "seconds CPU-seconds cleared" of the solver alone.
#include <lemon/cost_scaling.h>
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>

using Graph = lemon::SmartDigraph;

static double now(clockid_t clock)
{
    timespec ts;
    clock_gettime(clock, &ts);
    return double(ts.tv_sec) + double(ts.tv_nsec) * 1e-9;
}

// The net positions are carried over the debts at a cost of 1 a unit: of the ways to put the question the one
// that both solvers answer fastest.
template <class Solver> static bool solve(const Graph &g, const Graph::ArcMap<int64_t> &amount, int64_t total)
{
    Graph::NodeMap<int64_t> net(g, 0);
    Graph::ArcMap<int64_t> cost(g, 1);
    for (Graph::ArcIt a(g); a != lemon::INVALID; ++a) {
        net[g.source(a)] += amount[a];
        net[g.target(a)] -= amount[a];
    }
    double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    Solver s(g);
    s.upperMap(amount).costMap(cost).supplyMap(net);
    if (s.run() != Solver::OPTIMAL)
        return false;
    int64_t cleared = total - s.template totalCost<int64_t>();
    std::printf("%.3f %.3f %" PRId64 "\n", now(CLOCK_MONOTONIC) - wall, now(CLOCK_PROCESS_CPUTIME_ID) - cpu,
                cleared);
    return true;
}

int main(int argc, char **argv)
{
    bool simplex = argc == 3 && std::strcmp(argv[1], "simplex") == 0;
    if (argc != 3 || (!simplex && std::strcmp(argv[1], "scaling") != 0)) {
        std::fprintf(stderr, "usage: lemon simplex|scaling FILE\n");
        return 2;
    }
    std::FILE *f = std::fopen(argv[2], "r");
    if (f == nullptr || std::fscanf(f, "%*[^\n]") == EOF) {
        std::fprintf(stderr, "lemon: can't read %s\n", argv[2]);
        return 1;
    }
    Graph g;
    Graph::ArcMap<int64_t> amount(g);
    int64_t total = 0, units;
    int debtor, creditor;
    while (std::fscanf(f, "%d,%d,%" SCNd64, &debtor, &creditor, &units) == 3) {
        while (g.nodeNum() <= debtor || g.nodeNum() <= creditor)
            g.addNode();
        amount[g.addArc(g.nodeFromId(debtor), g.nodeFromId(creditor))] = units;
        total += units;
    }
    std::fclose(f);
    bool done = simplex ? solve<lemon::NetworkSimplex<Graph, int64_t, int64_t>>(g, amount, total)
                        : solve<lemon::CostScaling<Graph, int64_t, int64_t>>(g, amount, total);
    return done ? 0 : 1;
}
