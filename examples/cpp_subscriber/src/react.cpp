// Copyright 2026 imrs_ros maintainers
// Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
// in compliance with the License. You may obtain a copy of the License at
// http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
// writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
// WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
// language governing permissions and limitations under the License.

// A behaviour that starts when a person starts an action and stops when they stop.
//
//   ros2 run imrs_ros_example_cpp react --ros-args -p camera:=front -p action:=JumpingJack
//
// It publishes that on ~/running (std_msgs/Bool): put what your robot does into start() and stop().
// It stops, too, when the recognizer hangs or is gone, killed or not.

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "rclcpp/rclcpp.hpp"
#include "std_msgs/msg/bool.hpp"
#include "vision_msgs/msg/classification.hpp"

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class React : public rclcpp::Node
{
public:
  React()
  : Node("react")
  {
    const auto recognizer = declare_parameter<std::string>("recognizer", "/recognizer");
    const auto camera = declare_parameter<std::string>("camera", "front");
    action_ = declare_parameter<std::string>("action", "JumpingJack");
    topic_ = recognizer + "/" + camera + "/action";

    // The recognizer latches the last action: subscribe alike, or miss one that began before this
    // node. It also asserts that it is alive, and counts as dead after 2 s without: request no
    // shorter lease.
    const auto latched = rclcpp::QoS(1).transient_local();
    auto alive = latched;
    alive.liveliness(rclcpp::LivelinessPolicy::ManualByTopic).liveliness_lease_duration(2s);

    running_ = create_publisher<std_msgs::msg::Bool>("~/running", latched);
    rclcpp::SubscriptionOptions options;
    options.event_callbacks.liveliness_callback =
      [this](rclcpp::QOSLivelinessChangedInfo & info) {follow_liveliness(info.alive_count > 0);};
    subscription_ = create_subscription<vision_msgs::msg::Classification>(
      topic_, alive,
      [this](vision_msgs::msg::Classification::ConstSharedPtr msg) {follow(*msg);}, options);
    timer_ = create_wall_timer(500ms, [this]() {watch();});
  }

  // Stop when the behaviour itself ends; called from the thread that handles signals.
  void end()
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_running_) {
      stop("the behaviour ends");
      // What is still on its way when the process ends is lost.
      running_->wait_for_all_acked(std::chrono::milliseconds(1000));
    }
  }

private:
  // Follow the decided action; its stamp is its onset.
  void follow(const vision_msgs::msg::Classification & msg)
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    decided_ = msg;
    is_alive_ = true;
    update();
  }

  // Stop when the recognizer hangs or was killed; go on when it is back.
  void follow_liveliness(bool is_alive)
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_alive_ = is_alive;
    update();
  }

  // Forget a recognizer that is gone, also where the middleware knows no liveliness.
  void watch()
  {
    if (count_publishers(topic_) == 0) {
      const std::lock_guard<std::mutex> lock(mutex_);
      decided_.reset();
      is_alive_ = false;
      update();
    }
  }

  void update()
  {
    if (!decided_ || decided_->results.empty() || !is_alive_) {
      if (is_running_) {
        stop("the recognizer is gone, or hangs");
      }
      return;
    }
    const auto & hypothesis = decided_->results.front();
    if (hypothesis.class_id == action_ && !is_running_) {
      start(rclcpp::Time(decided_->header.stamp), hypothesis.score);
    } else if (hypothesis.class_id != action_ && is_running_) {
      stop("now " + hypothesis.class_id);
    }
  }

  // Start what the robot does. Confidence in [0, 1].
  void start(const rclcpp::Time & onset, double confidence)
  {
    is_running_ = true;
    RCLCPP_INFO(
      get_logger(), "%s since %.2f s, confidence %.0f%%", action_.c_str(), onset.seconds(),
      100.0 * confidence);
    publish();
  }

  // Stop what the robot does.
  void stop(const std::string & reason)
  {
    is_running_ = false;
    RCLCPP_INFO(get_logger(), "%s ended: %s", action_.c_str(), reason.c_str());
    publish();
  }

  void publish()
  {
    std_msgs::msg::Bool msg;
    msg.data = is_running_;
    running_->publish(msg);
  }

  std::string action_;
  std::string topic_;
  std::mutex mutex_;
  std::optional<vision_msgs::msg::Classification> decided_;
  bool is_running_ = false;
  bool is_alive_ = false;
  rclcpp::Publisher<std_msgs::msg::Bool>::SharedPtr running_;
  rclcpp::Subscription<vision_msgs::msg::Classification>::SharedPtr subscription_;
  rclcpp::TimerBase::SharedPtr timer_;
};

int main(int argc, char ** argv)
{
  rclcpp::init(argc, argv);
  const auto behaviour = std::make_shared<React>();
  // Before the context is shut down: afterwards, nothing can be published.
  rclcpp::contexts::get_global_default_context()->add_pre_shutdown_callback(
    [behaviour]() {behaviour->end();});
  rclcpp::spin(behaviour);
  rclcpp::shutdown();
  return 0;
}
